using Npgsql;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Declarations;

/// <summary>Holds declared types against the database: domains are looked up, and each must hold the database's tenants.</summary>
internal static class DeclaredTypes
{
    // A domain may stand over another; the path makes format_type write the schema.
    private const string Query = """
        with recursive base(oid, depth) as (
            select t.oid, 0 from pg_catalog.pg_type t where t.oid = pg_catalog.to_regtype($1)
            union all
            select t.typbasetype, b.depth + 1 from base b join pg_catalog.pg_type t on t.oid = b.oid and t.typtype = 'd')
        select pg_catalog.format_type((select oid from base where depth = 0), null), pg_catalog.format_type(b.oid, null)
        from base b order by b.depth desc limit 1
        """;

    /// <summary>The entry with its type as PostgreSQL writes it.</summary>
    /// <exception cref="TenantException"><c>ColumnTypeNotSupported</c>, with the line.</exception>
    public static async Task<(DeclaredTable Table, string BaseType)> ResolveAsync(
        NpgsqlConnection connection, DeclaredTable table, string source, CancellationToken cancellationToken)
    {
        if (!DeclaredType.IsDomain(table.Type!))
        {
            return (table, table.Type!);
        }

        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand("select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)"),
                new NpgsqlBatchCommand(Query) { Parameters = { new NpgsqlParameter<string> { TypedValue = table.Type! } } },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            throw Refuse(source, table, $"There is no type {table.Type}. Expected: {DeclaredType.Expected}.");
        }

        return (table with { Type = reader.GetString(0) }, reader.GetString(1));
    }

    /// <summary>Refuses a type that cannot hold the database's tenants.</summary>
    /// <exception cref="TenantException"><c>ColumnTypeNotSupported</c>, with the line.</exception>
    public static void EnsureFits(DeclaredTable table, string baseType, TenantIdType tenants, string source)
    {
        if (DeclaredType.Misfit(baseType, tenants) is { } misfit)
        {
            throw Refuse(source, table, misfit);
        }
    }

    /// <summary>The tenants' type that a declared type gives away; null for text, which holds any.</summary>
    public static TenantIdType? Hint(string baseType) => baseType switch
    {
        "integer" => TenantIdType.Integer,
        "bigint" => TenantIdType.Bigint,
        "uuid" => TenantIdType.Uuid,
        _ => null,
    };

    private static TenantException Refuse(string source, DeclaredTable table, string why) =>
        new TenantException("ColumnTypeNotSupported", TenantErrorKind.InvalidData, $"'{table.Table}': {why}") { Table = table.Table, Target = source }
            .At(source, table.Line);
}
