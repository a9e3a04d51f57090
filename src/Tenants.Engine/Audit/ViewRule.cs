using System.Data.Common;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Audit;

/// <summary>A view reads the table as its owner, unless it is made with security_invoker; a superuser's shows all tenants' rows.</summary>
internal sealed class ViewRule : TableRule<ViewRule.View>
{
    public override string Sql => $"""
        {DependentViews.Over}
        select n.nspname::text, c.relname::text, w.rolname::text, w.rolsuper or w.rolbypassrls,
               exists (select from pg_catalog.unnest(c.reloptions) o where o ~* '^security_invoker=(true|on|yes|1)$'),
               coalesce((select pg_catalog.string_agg(distinct coalesce(g.rolname::text, 'PUBLIC'), ', ')
                         from pg_catalog.aclexplode(c.relacl) a left join pg_catalog.pg_roles g on g.oid = a.grantee
                         where a.grantee <> c.relowner), '')
        from over v
        join pg_catalog.pg_class c on c.oid = v.oid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        join pg_catalog.pg_roles w on w.oid = c.relowner
        where c.relkind = 'v' and v.oid <> $1
        order by n.nspname, c.relname
        """;

    protected override View Read(DbDataReader row) =>
        new(row.GetString(0), row.GetString(1), row.GetString(2), row.GetBoolean(3), row.GetBoolean(4), row.GetString(5));

    protected override IEnumerable<string> Judge(AuditedTable table, IReadOnlyList<View> rows)
    {
        var open = rows.Where(v => v.IsOwnerBypassing && !v.IsInvoker).ToList();
        if (open.Count > 0)
        {
            yield return $"{table.Name}: views that show all tenants' rows, for they read as an owner whom no policy binds: {Listing.Of(open.Select(v => $"{v.Schema}.{v.Name} (owner {v.Owner}{Granted(v)})"))}. {Why(table)}{Listing.Statements(open.Select(v => Mend(table, v)))}";
        }

        var held = rows.Where(v => !v.IsOwnerBypassing && !v.IsInvoker && v.Grantees.Length > 0).ToList();
        if (held.Count > 0)
        {
            var mend = table.Server.Major >= 15
                ? $" Let them read as whoever asks:{Listing.Statements(held.Select(Invoker))}"
                : " Views that read as whoever asks come with PostgreSQL 15.";
            yield return $"{table.Name}: views that read as their owner: {Listing.Of(held.Select(v => $"{v.Schema}.{v.Name} (owner {v.Owner}{Granted(v)})"))}. FORCE alone keeps tenants apart in them, and whoever reads them without a tenant sees no row.{mend}";
        }
    }

    private static string Granted(View view) => view.Grantees.Length > 0 ? $", open to {view.Grantees}" : "";

    private static string Why(AuditedTable table) => table.Server.Major >= 15
        ? "Let them read as whoever asks (CREATE OR REPLACE VIEW drops the option again):"
        : "Before PostgreSQL 15 a view always reads as its owner, so give them one who is bound:";

    private static string Mend(AuditedTable table, View view) => table.Server.Major >= 15
        ? Invoker(view)
        : $"alter view {Quote.Identifier(view.Schema, view.Name)} owner to {(table.IsOwnerBypassing ? "…" : Quote.Identifier(table.Owner))}";

    private static string Invoker(View view) => $"alter view {Quote.Identifier(view.Schema, view.Name)} set (security_invoker = true)";

    internal sealed record View(string Schema, string Name, string Owner, bool IsOwnerBypassing, bool IsInvoker, string Grantees);
}
