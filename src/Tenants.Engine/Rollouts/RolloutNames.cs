using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Rollouts;

/// <summary>What a rollout's names must not collide with, and how a row is named.</summary>
/// <param name="Functions">Functions without arguments in the table's schema.</param>
/// <param name="Constraints">Constraints of the table and all under it.</param>
/// <param name="Keys">The columns of its primary key.</param>
internal sealed record RolloutNames(IReadOnlySet<string> Functions, IReadOnlySet<string> Constraints, IReadOnlyList<string> Keys)
{
    /// <summary>Reads it.</summary>
    public static async Task<RolloutNames> ReadAsync(NpgsqlConnection connection, TableFamily family, CancellationToken cancellationToken)
    {
        var oids = new NpgsqlParameter { Value = family.Members.Select(m => m.Oid).ToArray(), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Oid };
        var functions = await ReadAsync(
            connection,
            "select p.proname::text from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace where p.pronargs = 0 and n.nspname = $1",
            new NpgsqlParameter<string> { TypedValue = family.Root.Schema },
            cancellationToken).ConfigureAwait(false);
        var constraints = await ReadAsync(
            connection, "select k.conname::text from pg_catalog.pg_constraint k where k.conrelid = any ($1)", oids, cancellationToken).ConfigureAwait(false);
        var keys = await ReadAsync(
            connection,
            """
            select a.attname::text
            from pg_catalog.pg_index i
            cross join lateral pg_catalog.unnest(i.indkey[0:i.indnkeyatts - 1]) with ordinality k(attnum, place)
            join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
            where i.indrelid = $1 and i.indisprimary
            order by k.place
            """,
            new NpgsqlParameter { Value = family.Root.Oid, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid },
            cancellationToken).ConfigureAwait(false);
        return new RolloutNames(functions.ToHashSet(StringComparer.Ordinal), constraints.ToHashSet(StringComparer.Ordinal), keys);
    }

    /// <summary>The function of the trigger, quoted.</summary>
    public string Function(TableState root, string column) =>
        Quote.Identifier(root.Schema, IndexNames.Choose(root.Name, column, "_fill", Functions));

    /// <summary>The constraint that no tenant is NULL.</summary>
    public string Check(TableState table, string column) => IndexNames.Choose(table.Name, column, RolloutFacts.CheckEnding, Constraints);

    private static async Task<List<string>> ReadAsync(NpgsqlConnection connection, string query, NpgsqlParameter parameter, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(query, connection) { Parameters = { parameter } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var names = new List<string>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }
}
