using System.Data.Common;

namespace Tenants.Engine.Audit;

/// <summary>
/// Under row security the server applies only operators marked LEAKPROOF before the policy. Others run after it, so an index
/// made for them is no longer searched.
/// </summary>
internal sealed class UnusedIndexRule : TableRule<UnusedIndexRule.Index>
{
    public override string Sql => """
        select i.relname::text, m.amname::text, pg_catalog.pg_get_indexdef(x.indexrelid, k.n, true),
               case when x.indkey[k.n - 1] = 0 then 'expression'
                    when o.opcname ~ 'pattern_ops$' or o.opcname ~ 'trgm' then 'pattern'
                    else pg_catalog.format_type(a.atttypid, null) end
        from pg_catalog.pg_index x
        join pg_catalog.pg_class i on i.oid = x.indexrelid
        join pg_catalog.pg_am m on m.oid = i.relam
        cross join lateral pg_catalog.generate_series(1, x.indnkeyatts) k(n)
        join pg_catalog.pg_opclass o on o.oid = x.indclass[k.n - 1]
        left join pg_catalog.pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[k.n - 1] and x.indkey[k.n - 1] <> 0
        where x.indrelid = $1 and a.attname is distinct from $2
          and (x.indkey[k.n - 1] = 0 or o.opcname ~ 'pattern_ops$' or not exists (
              select from pg_catalog.pg_amop s
              join pg_catalog.pg_operator r on r.oid = s.amopopr
              join pg_catalog.pg_proc f on f.oid = r.oprcode
              where s.amopfamily = o.opcfamily and s.amoplefttype = o.opcintype and s.amoppurpose = 's' and f.proleakproof))
        order by i.relname, k.n
        """;

    protected override Index Read(DbDataReader row) => new(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3));

    protected override IEnumerable<string> Judge(AuditedTable table, IReadOnlyList<Index> rows)
    {
        var names = Listing.Of(rows.GroupBy(i => i.Name).Select(g => $"{g.Key} ({g.First().Method} on {string.Join(", ", g.Select(i => i.Key))})"));
        var mends = new List<string>();
        if (rows.Any(i => i.What == "expression"))
        {
            mends.Add($"for an expression: a generated column with an index on ({table.Column}, it)");
        }

        if (rows.Any(i => i.What == "pattern"))
        {
            mends.Add(table.Server.Major >= 15
                ? $"for LIKE 'x%': column ^@ 'x' with an index on ({table.Column}, column collate \"C\")"
                : "for LIKE 'x%': column >= 'x' and column < 'y'");
        }

        mends.Add($"else a SECURITY DEFINER search function that filters by {table.Installation.CurrentTenantCall} itself");
        yield return $"{table.Name}: indexes that row security will not search, for their operators are not leakproof: {names}. Queries by them read all rows of the tenant. What helps: {string.Join("; ", mends)}.";
    }

    internal sealed record Index(string Name, string Method, string Key, string What);
}
