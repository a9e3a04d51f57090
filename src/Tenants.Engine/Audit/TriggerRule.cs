using System.Data.Common;

namespace Tenants.Engine.Audit;

/// <summary>Triggers whose function is SECURITY DEFINER and runs as an owner whom no policy binds.</summary>
internal sealed class TriggerRule : TableRule<TriggerRule.Trigger>
{
    public override string Sql => """
        select t.tgname::text, p.oid::pg_catalog.regprocedure::text, w.rolname::text
        from pg_catalog.pg_trigger t
        join pg_catalog.pg_proc p on p.oid = t.tgfoid
        join pg_catalog.pg_roles w on w.oid = p.proowner
        where t.tgrelid = $1 and not t.tgisinternal and p.prosecdef and (w.rolsuper or w.rolbypassrls)
        order by t.tgname
        """;

    protected override Trigger Read(DbDataReader row) => new(row.GetString(0), row.GetString(1), row.GetString(2));

    protected override IEnumerable<string> Judge(AuditedTable table, IReadOnlyList<Trigger> rows)
    {
        var names = Listing.Of(rows.Select(t => $"{t.Name} ({t.Function}, owner {t.Owner})"));
        yield return $"{table.Name}: triggers run SECURITY DEFINER functions as an owner whom no policy binds: {names}. What they read and write holds all tenants' rows: filter by the new row's {table.QuotedColumn} in them, or let them run as the caller:{Listing.Statements(rows.Select(t => $"alter function {t.Function} security invoker").Distinct())}";
    }

    internal sealed record Trigger(string Name, string Function, string Owner);
}
