using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Comparing;

/// <summary>What a difference that a plan mends is, in words.</summary>
internal static class DifferenceText
{
    /// <summary>Which of the module's policies is meant.</summary>
    public static string PolicyOf(StepGroup group) =>
        group.Steps[^1].Up.Contains($"policy {Quote.Identifier(TenantTables.AdminPolicy)} on {group.Member.QuotedName}", StringComparison.Ordinal)
            ? TenantTables.AdminPolicy
            : TenantTables.IsolationPolicy;

    /// <summary>The name of what differs, what ought to be and what is.</summary>
    public static (string? Name, string? Expected, string? Actual) Facts(Installation installation, ComparedTable table, StepGroup group)
    {
        var column = group.Member.Column;
        return group.Kind switch
        {
            TenantRlsDifferenceKind.ColumnMissing => (table.Column, $"{table.Column} {table.Request.Type ?? installation.SqlType} not null", null),
            TenantRlsDifferenceKind.DefaultChanged => (table.Column, PolicyText.DefaultDeparsed(group.Member.SchemaIdent, column!), column!.Default),
            TenantRlsDifferenceKind.NotNullMissing => (table.Column, "NOT NULL", "NULL allowed"),
            TenantRlsDifferenceKind.IndexMissing => (table.Column, $"an index led by {table.Column}", null),
            TenantRlsDifferenceKind.RightMissing or TenantRlsDifferenceKind.OwnerBlind => (null, string.Join("; ", group.Steps.Select(s => s.Purpose)), null),
            TenantRlsDifferenceKind.RightSurplus => (installation.SessionRole, Rights(group.Member == table.Root ? table.Request.Rights : []), Rights(group.Member.Granted)),
            TenantRlsDifferenceKind.PolicyMissing => (PolicyOf(group), Expected(installation, group), null),
            TenantRlsDifferenceKind.PolicyChanged => (PolicyOf(group), Expected(installation, group), PolicyComparer.Text(group.Member.Policies.First(p => p.Name == PolicyOf(group)))),
            TenantRlsDifferenceKind.RowSecurityOff => (null, "ENABLE ROW LEVEL SECURITY", "DISABLE ROW LEVEL SECURITY"),
            TenantRlsDifferenceKind.ForceOff => (null, "FORCE ROW LEVEL SECURITY", "NO FORCE ROW LEVEL SECURITY"),
            _ => (null, null, null),
        };
    }

    /// <summary>What is wrong, and what comes of it.</summary>
    public static string Describe(Installation installation, ComparedTable table, StepGroup group)
    {
        var name = group.Member.DisplayName;
        return group.Kind switch
        {
            TenantRlsDifferenceKind.ColumnMissing => $"{name} has no column {table.Column}, so no row of it is a tenant's.",
            TenantRlsDifferenceKind.DefaultChanged => $"The default of {table.Column} in {name} is not the session's tenant: an INSERT that names no tenant fails, or its row is another's and is refused.",
            TenantRlsDifferenceKind.NotNullMissing => $"{table.Column} in {name} may be empty, and a row without a tenant is seen by nobody but admins.",
            TenantRlsDifferenceKind.IndexMissing => $"No index of {name} leads with {table.Column}: each query of a tenant reads all tenants' rows.",
            TenantRlsDifferenceKind.RightMissing => $"Tenants' SQL lacks a right that it needs for {name}: {string.Join("; ", group.Steps.Select(s => s.Purpose))}.",
            TenantRlsDifferenceKind.RightSurplus when group.Member != table.Root => $"Tenants' SQL has rights on {name} itself ({Rights(group.Member.Granted)}), which it reaches through {table.Root.DisplayName} without any.",
            TenantRlsDifferenceKind.RightSurplus => $"Tenants' SQL has rights on {name} that nobody declared: {Rights(group.Member.Granted.Except(table.Request.Rights))}. No policy filters TRUNCATE, REFERENCES and TRIGGER.",
            TenantRlsDifferenceKind.OwnerBlind => $"An owner of {name} is no admin of the tenants: he sees no row, and his backfills change none without an error.",
            TenantRlsDifferenceKind.PolicyMissing when PolicyOf(group) == TenantTables.AdminPolicy => $"{name} lacks the policy {TenantTables.AdminPolicy}: admins see no row of it, and backfills change none without an error.",
            TenantRlsDifferenceKind.PolicyMissing => $"{name} lacks the policy {TenantTables.IsolationPolicy}, which keeps tenants apart: no tenant sees a row, or what other policies show.",
            TenantRlsDifferenceKind.PolicyChanged => $"The policy {PolicyOf(group)} of {name} says something else than the module's.",
            TenantRlsDifferenceKind.RowSecurityOff => $"Row security of {name} is off: whoever has a right on it sees all tenants' rows.",
            TenantRlsDifferenceKind.ForceOff => $"Row security does not bind the owner of {name}: his views and SECURITY DEFINER functions show all tenants' rows.",
            TenantRlsDifferenceKind.TableWithoutTenancy when group.Member != table.Root => $"{name} came to {table.Root.DisplayName} later, and nothing keeps its rows apart: whoever has a right on it sees all tenants' rows.",
            TenantRlsDifferenceKind.TableWithoutTenancy => DescribeBare(table),
            _ => $"{name}: {string.Join("; ", group.Steps.Select(s => s.Purpose))}.",
        };
    }

    private static string DescribeBare(ComparedTable table) => table switch
    {
        { Root.Granted.Length: > 0 } => $"{table.Root.DisplayName} keeps no tenants apart, and tenants' SQL has rights on it ({Rights(table.Root.Granted)}): every tenant reaches all rows.",
        { IsWanted: true } => $"{table.Root.DisplayName} keeps no tenants apart yet.",
        _ => $"{table.Root.DisplayName} lies beside tenant tables, keeps no tenants apart, and is not shared with them.",
    };

    private static string Expected(Installation installation, StepGroup group)
    {
        if (PolicyOf(group) == TenantTables.AdminPolicy)
        {
            return PolicyComparer.Text(new TablePolicy(TenantTables.AdminPolicy, true, '*', [installation.AdminRole], PolicyText.AdminDeparsed(installation), null));
        }

        var condition = group.Member.Column is { } column ? PolicyText.IsolationDeparsed(installation, group.Member.SchemaIdent, column) : null;
        return PolicyComparer.Text(new TablePolicy(TenantTables.IsolationPolicy, true, '*', [""], condition, null));
    }

    private static string? Rights(IEnumerable<string> rights) => rights.ToArray() is { Length: > 0 } list ? string.Join(", ", list) : null;
}
