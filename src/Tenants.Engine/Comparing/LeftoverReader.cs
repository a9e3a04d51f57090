using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Rollouts;

namespace Tenants.Engine.Comparing;

/// <summary>Reads what unfinished work left on tables.</summary>
internal static class LeftoverReader
{
    // One that is being built at this moment is no leftover.
    private const string Indexes = """
        select i.indrelid, n.nspname::text, x.relname::text, x.relkind = 'I', pg_catalog.pg_get_indexdef(x.oid),
               not i.indisunique and i.indnatts = 1 and i.indpred is null and x.relname ~ '_idx[0-9]*$'
        from rows from (pg_catalog.unnest($1), pg_catalog.unnest($2)) wanted(oid, attname)
        join pg_catalog.pg_index i on i.indrelid = wanted.oid
        join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] and a.attname = wanted.attname
        join pg_catalog.pg_class x on x.oid = i.indexrelid
        join pg_catalog.pg_namespace n on n.oid = x.relnamespace
        where not (i.indisvalid and i.indisready)
          and not exists (select from pg_catalog.pg_stat_progress_create_index p where p.index_relid = i.indexrelid)
        order by n.nspname, x.relname
        """;

    // What a partition inherits is told of the table that it comes from. Constraints that are not enforced (18) are nobody's leftover.
    private const string Constraints = """
        select k.conrelid, k.conname::text, pg_catalog.pg_get_constraintdef(k.oid)
        from rows from (pg_catalog.unnest($1), pg_catalog.unnest($2)) wanted(oid, attname)
        join pg_catalog.pg_constraint k on k.conrelid = wanted.oid
        join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attname = wanted.attname and a.attnum = any (k.conkey)
        where k.contype in ('c', 'f', 'n') and not k.convalidated and (k.conislocal or k.coninhcount = 0)
          and coalesce((pg_catalog.to_jsonb(k) ->> 'conenforced')::boolean, true)
        order by k.conname
        """;

    private const string Triggers = """
        select t.tgrelid, t.tgname::text, t.tgenabled = 'D', p.proname::text
        from pg_catalog.pg_trigger t
        join pg_catalog.pg_proc p on p.oid = t.tgfoid
        where t.tgrelid = any ($1) and t.tgname = $2 and not t.tgisinternal and t.tgparentid = 0
        order by t.tgname
        """;

    /// <summary>The leftovers of some tables, by root.</summary>
    public static async Task<IReadOnlyDictionary<uint, TableLeftovers>> ReadAsync(
        NpgsqlConnection connection, IReadOnlyList<ComparedTable> tables, CancellationToken cancellationToken)
    {
        var members = tables.SelectMany(t => t.Family.Members.Select(m => (m.Oid, t.Column))).ToList();
        uint[] oids = [.. members.Select(m => m.Oid)];
        string[] columns = [.. members.Select(m => m.Column)];
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(Indexes) { Parameters = { Oids(oids), new NpgsqlParameter<string[]> { TypedValue = columns } } },
                new NpgsqlBatchCommand(Constraints) { Parameters = { Oids(oids), new NpgsqlParameter<string[]> { TypedValue = columns } } },
                new NpgsqlBatchCommand(Triggers) { Parameters = { Oids(oids), new NpgsqlParameter<string> { TypedValue = FillTrigger.Name } } },
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var indexes = new List<LeftoverIndex>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            indexes.Add(new LeftoverIndex(reader.GetFieldValue<uint>(0), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3), reader.GetString(4), reader.GetBoolean(5)));
        }

        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var constraints = new List<LeftoverConstraint>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            constraints.Add(new LeftoverConstraint(reader.GetFieldValue<uint>(0), reader.GetString(1), reader.GetString(2)));
        }

        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var triggers = new List<LeftoverTrigger>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            triggers.Add(new LeftoverTrigger(reader.GetFieldValue<uint>(0), reader.GetString(1), reader.GetBoolean(2), reader.GetString(3)));
        }

        return tables.ToDictionary(t => t.Root.Oid, t =>
        {
            var own = t.Family.Members.Select(m => m.Oid).ToHashSet();
            return new TableLeftovers(
                [.. indexes.Where(i => own.Contains(i.Table))], [.. constraints.Where(c => own.Contains(c.Table))], [.. triggers.Where(g => own.Contains(g.Table))]);
        });
    }

    private static NpgsqlParameter Oids(uint[] oids) => new() { Value = oids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Oid };
}
