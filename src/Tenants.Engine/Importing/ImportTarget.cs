using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;

namespace Tenants.Engine.Importing;

/// <summary>The table that is imported into.</summary>
/// <param name="Table">The table.</param>
/// <param name="TenantColumn">Its tenant column; null for a shared table.</param>
/// <param name="Columns">Its columns.</param>
internal sealed record ImportTarget(TableInfo Table, string? TenantColumn, IReadOnlyList<ImportColumn> Columns)
{
    private const string ColumnQuery = """
        with recursive base (attnum, oid) as (
            select a.attnum, a.atttypid from pg_catalog.pg_attribute a where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped
            union all
            select b.attnum, t.typbasetype from base b join pg_catalog.pg_type t on t.oid = b.oid where t.typtype = 'd')
        select a.attname::text, t.oid, n.nspname::text, t.typname::text, t.typcategory = 'A', t.typdelim, a.attidentity, a.attgenerated <> ''
        from base b
        join pg_catalog.pg_type t on t.oid = b.oid and t.typtype <> 'd'
        join pg_catalog.pg_namespace n on n.oid = t.typnamespace
        join pg_catalog.pg_attribute a on a.attrelid = $1 and a.attnum = b.attnum
        order by a.attnum
        """;

    /// <summary>
    /// Finds the table. The catalog is read over a connection of the module's own, never in a session whose settings a tenant's SQL may have changed.
    /// </summary>
    /// <exception cref="TenantException"><c>TableNotFound</c>, <c>TableNotSupported</c>, <c>TableNotEnabled</c>.</exception>
    public static async Task<ImportTarget> ReadAsync(TenantDatabase database, string table, CancellationToken cancellationToken)
    {
        var installation = await database.GetCurrentInstallationAsync(cancellationToken).ConfigureAwait(false);
        return await database.UseAnyAsync(
            async connection =>
            {
                var found = await TableFinder.FindOneAsync(database, connection, table, cancellationToken).ConfigureAwait(false);
                CheckKind(found);
                var tenants = await TenantTables.ListAsync(connection, installation, cancellationToken).ConfigureAwait(false);
                var column = tenants.FirstOrDefault(t => t.Oid == found.Oid) is { } tenantTable
                    ? tenantTable.IsEnabled ? tenantTable.Column : throw NotEnabled(found, "row security is off there, so nothing would refuse another tenant's rows")
                    : null;
                if (column is null)
                {
                    var shared = await SharedTables.ListAsync(connection, installation, cancellationToken).ConfigureAwait(false);
                    CheckShared(found, shared.FirstOrDefault(s => s.Oid == found.Oid));
                }

                return new ImportTarget(found, column, await ReadColumnsAsync(connection, found, cancellationToken).ConfigureAwait(false));
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static void CheckKind(TableInfo table)
    {
        var reason = table switch
        {
            { IsTemporary: true } => "is temporary, and one session's",
            { IsSystem: true } => "is the server's own",
            { Kind: not ('r' or 'p') } => "is no table",
            { IsChild: true } => "is a partition or a child of another table: rows go in through that one",
            _ => null,
        };
        if (reason is not null)
        {
            throw new TenantException("TableNotSupported", TenantErrorKind.NotSupported, $"{table.DisplayName} {reason}. Objects are imported into tenant tables, and into shared ones that tenants may write.")
            {
                Table = table.DisplayName,
                Target = table.DisplayName,
            };
        }
    }

    private static void CheckShared(TableInfo table, SharedTable? shared)
    {
        if (shared is null)
        {
            throw NotEnabled(table, "it is no tenant table, and its rows would be everybody's");
        }

        if (!shared.IsWritable)
        {
            throw NotEnabled(table, "all tenants share it, and none may write it (Grant-TenantTable -Writable)");
        }
    }

    private static TenantException NotEnabled(TableInfo table, string reason) =>
        new("TableNotEnabled", TenantErrorKind.InvalidState, $"Nothing is imported into {table.DisplayName}: {reason}. Enable-TenantRls makes it a tenant table, or puts it right.")
        {
            Table = table.DisplayName,
            Target = table.DisplayName,
        };

    private static async Task<IReadOnlyList<ImportColumn>> ReadColumnsAsync(NpgsqlConnection connection, TableInfo table, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ColumnQuery, connection) { Parameters = { new NpgsqlParameter { Value = table.Oid, NpgsqlDbType = NpgsqlDbType.Oid } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var columns = new List<ImportColumn>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            columns.Add(new ImportColumn(
                reader.GetString(0), reader.GetFieldValue<uint>(1), reader.GetString(2), reader.GetString(3), reader.GetBoolean(4), reader.GetChar(5), reader.GetChar(6), reader.GetBoolean(7)));
        }

        return columns;
    }
}
