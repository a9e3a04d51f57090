using Npgsql;
using Tenants.Engine.Catalog;

namespace Tenants.Engine.Scripts;

/// <summary>
/// Counts the rows that a statement changes, by the server's own statistics of the running transaction: those too that a function,
/// a trigger, a block or a WITH changes, of which the statement's own count says nothing. With track_counts off it sees none.
/// </summary>
internal sealed class ChangeCounter(NpgsqlConnection connection)
{
    // Tables of this session alone are called alike in both runs.
    private const string Query = """
        select case when c.relpersistence = 't' then 'pg_temp' else n.nspname::text end, c.relname::text, s.inserted, s.updated, s.deleted
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        cross join lateral (
            select pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid), pg_catalog.pg_stat_get_xact_tuples_updated(c.oid), pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid)
        ) s (inserted, updated, deleted)
        where c.relkind in ('r', 'm') and c.oid >= 16384 and s.inserted + s.updated + s.deleted > 0
        """;

    private Dictionary<string, RowChanges> _before = [];

    /// <summary>What was changed since it was last asked, by table.</summary>
    public async Task<IReadOnlyDictionary<string, RowChanges>> NextAsync(CancellationToken cancellationToken)
    {
        var now = new Dictionary<string, RowChanges>(StringComparer.Ordinal);
        await using (var command = new NpgsqlCommand(Query, connection))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
        {
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                now[TableName.Format(reader.GetString(0), reader.GetString(1))] = new RowChanges(reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4));
            }
        }

        var changes = now
            .Select(table => (Table: table.Key, Changes: table.Value.Since(_before.GetValueOrDefault(table.Key))))
            .Where(table => table.Changes.Total > 0)
            .ToDictionary(table => table.Table, table => table.Changes, StringComparer.Ordinal);
        _before = now;
        return changes;
    }
}
