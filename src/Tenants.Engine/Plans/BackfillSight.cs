using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Catalog;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>What tells a trigger that its session may not see all that the expression reads: a fallback would be taken for the tenant then.</summary>
internal static class BackfillSight
{
    // What a view shows its owner's rights tell, and not those of who asks: its tables count wherever they have policies at all.
    // The table itself is in the rule once in any case, and twice where the expression reads other rows of it.
    private const string Tables = """
        with recursive reached(oid, is_direct) as (
            select $1::pg_catalog.regclass::oid, false
            union
            select d.refobjid, r.ev_class = $1::pg_catalog.regclass
            from reached u
            join pg_catalog.pg_rewrite r on r.ev_class = u.oid
            join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = r.oid
             and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid <> r.ev_class)
        select n.nspname::text, c.relname::text, pg_catalog.bool_and(u.is_direct)
        from reached u
        join pg_catalog.pg_class c on c.oid = u.oid and c.relkind in ('r', 'p')
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.oid <> $2
           or exists (select from pg_catalog.pg_rewrite r where r.ev_class = $1::pg_catalog.regclass
                      and r.ev_action::text ~ (':rtekind 0 :relid ' || $2 || ' .*:rtekind 0 :relid ' || $2 || ' '))
           or exists (select from reached o where o.oid = $2 and not o.is_direct)
        group by n.nspname, c.relname
        order by n.nspname, c.relname
        """;

    /// <summary>The condition that policies bind who asks on one of the tables; null where there are none.</summary>
    /// <param name="connection">In the transaction that has the view, with nothing but <c>pg_catalog</c> on its path.</param>
    /// <param name="view">The view that holds the expression.</param>
    /// <param name="table">The table whose rows it fills in.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<string?> ReadAsync(NpgsqlConnection connection, string view, TableState table, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Tables, connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = view }, new NpgsqlParameter { Value = table.Oid, NpgsqlDbType = NpgsqlDbType.Oid } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var conditions = new List<string>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var name = Quote.Literal(Quote.Identifier(reader.GetString(0), reader.GetString(1)));
            conditions.Add(reader.GetBoolean(2)
                ? $"pg_catalog.row_security_active({name}::pg_catalog.text)"
                : $"(select c.relrowsecurity from pg_catalog.pg_class c where c.oid = {name}::pg_catalog.regclass)");
        }

        return conditions.Count == 0 ? null : string.Join(" or ", conditions);
    }
}
