using Tenants.Engine.Catalog;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>The step that fails where rows are without a tenant, before anything is enforced: it says how many, and where a few of them are.</summary>
internal static class RowCheck
{
    /// <summary>The SQLSTATE by which the failure is known.</summary>
    public const string SqlState = "TN005";

    /// <summary>The SQLSTATE of the guard.</summary>
    public const string HiddenState = "TN006";

    private const int MostNamed = 5;

    /// <summary>The step.</summary>
    /// <param name="table">The table; its partitions and children are looked at too.</param>
    /// <param name="column">The tenant column.</param>
    /// <param name="keys">The columns by which a row is known; none for its place (<c>ctid</c>).</param>
    /// <param name="value">What gives rows their tenant; one for which it gives one is in nobody's way.</param>
    public static PlanStep Step(TableState table, string column, IReadOnlyList<string>? keys = null, string? value = null)
    {
        var condition = $"t.{Quote.Identifier(column)} is null{(value is null ? "" : $" and ({value}) is null")}";
        var key = keys is { Count: > 0 }
            ? string.Join(" operator(pg_catalog.||) ', ' operator(pg_catalog.||) ", keys.Select(k => $"coalesce(t.{Quote.Identifier(k)}::text, 'NULL')"))
            : "t.ctid::text";
        var named = keys is { Count: > 0 } ? string.Join(", ", keys) : "ctid";
        var body = $"""
            declare
                missing bigint;
                named text;
            begin
                select pg_catalog.count(*) into missing from {table.QuotedName} t where {condition};
                if missing > 0 then
                    select pg_catalog.string_agg(k.key, '; ' order by k.key) into named from (select {key} as key from {table.QuotedName} t where {condition} limit {MostNamed}) k;
                    raise exception using errcode = '{SqlState}', message = pg_catalog.format(case missing when 1 then '%s row of %s has no tenant' else '%s rows of %s have no tenant' end, missing, {Quote.Literal(table.DisplayName)}),
                        detail = pg_catalog.format('%s of some: %s', {Quote.Literal(named)}, named);
                end if;
            end
            """;
        return new PlanStep($"no row of {table.DisplayName} is without a tenant", $"do {Quote.Dollar(body)}")
        {
            Lock = LockLevel.AccessShare,
            LockedTable = table.QuotedName,
            Mends = TenantRlsDifferenceKind.RowsWithoutTenant,
        };
    }

    /// <summary>The step that fails where policies hide rows of a table from the login, so that what follows it does not pass them over without a word.</summary>
    /// <param name="table">The table, of which no policy hides a row as it is.</param>
    public static PlanStep Guard(TableState table)
    {
        var body = $"""
            begin
                if pg_catalog.row_security_active({Quote.Literal(table.QuotedName)}::pg_catalog.regclass) then
                    raise exception using errcode = '{HiddenState}', message = {Quote.Literal($"policies hide rows of {table.DisplayName} from this login")},
                        hint = {Quote.Literal($"alter table {table.QuotedName} no force row level security")};
                end if;
            end
            """;
        return new PlanStep($"no row of {table.DisplayName} is passed over unseen", $"do {Quote.Dollar(body)}") { Scope = StepScope.First };
    }
}
