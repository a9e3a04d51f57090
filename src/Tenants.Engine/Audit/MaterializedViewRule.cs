using System.Data.Common;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Audit;

/// <summary>A materialized view is a copy of all tenants' rows, and it can have no policies.</summary>
internal sealed class MaterializedViewRule : TableRule<MaterializedViewRule.View>
{
    public override string Sql => $"""
        {DependentViews.Over}
        select n.nspname::text, c.relname::text, w.rolname::text,
               array(select distinct coalesce(g.rolname::text, '')
                     from pg_catalog.aclexplode(c.relacl) a left join pg_catalog.pg_roles g on g.oid = a.grantee
                     where a.grantee <> c.relowner order by 1),
               w.rolsuper or w.rolbypassrls or w.rolname = session_user
               or exists (select from pg_catalog.pg_roles a where a.rolname = $4 and pg_catalog.pg_has_role(w.oid, a.oid, 'usage'))
        from over v
        join pg_catalog.pg_class c on c.oid = v.oid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        join pg_catalog.pg_roles w on w.oid = c.relowner
        where c.relkind = 'm'
        order by n.nspname, c.relname
        """;

    protected override View Read(DbDataReader row) =>
        new(row.GetString(0), row.GetString(1), row.GetString(2), row.GetFieldValue<string[]>(3), row.GetBoolean(4));

    protected override IEnumerable<string> Judge(AuditedTable table, IReadOnlyList<View> rows)
    {
        var open = rows.Where(v => v.Grantees.Length > 0).ToList();
        if (open.Count > 0)
        {
            yield return $"{table.Name}: materialized views hold copies of all tenants' rows, which no policy can keep apart, and others may read them: {Listing.Of(open.Select(v => $"{v.Schema}.{v.Name} (open to {Grantees(v)})"))}. Take the rights away:{Listing.Statements(open.SelectMany(Mends))}";
        }

        var blind = rows.Where(v => !v.IsOwnerSeeing).ToList();
        if (blind.Count > 0)
        {
            yield return $"{table.Name}: REFRESH MATERIALIZED VIEW reads as the view's owner: {Listing.Of(blind.Select(v => $"{v.Schema}.{v.Name} (owner {v.Owner})"))}. These see no row from now on, and it comes out empty without an error. Give it to an admin:{Listing.Statements(blind.Select(v => $"alter materialized view {Quote.Identifier(v.Schema, v.Name)} owner to …"))}";
        }
    }

    private static string Grantees(View view) => string.Join(", ", view.Grantees.Select(g => g.Length == 0 ? "PUBLIC" : g));

    private static IEnumerable<string> Mends(View view) => view.Grantees.Select(g =>
        $"revoke all on {Quote.Identifier(view.Schema, view.Name)} from {(g.Length == 0 ? "public" : Quote.Identifier(g))}");

    internal sealed record View(string Schema, string Name, string Owner, string[] Grantees, bool IsOwnerSeeing);
}
