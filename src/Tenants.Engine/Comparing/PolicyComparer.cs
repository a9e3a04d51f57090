using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Comparing;

/// <summary>Finds the policies that nobody declared: what the module does not make itself.</summary>
internal static class PolicyComparer
{
    /// <summary>One difference for each such policy.</summary>
    /// <param name="installation">What lies in the database.</param>
    /// <param name="table">The table.</param>
    /// <param name="roles">The roles that tenants' SQL runs as, or could become.</param>
    public static IEnumerable<TenantRlsDifference> Compare(Installation installation, ComparedTable table, TenantRoles roles)
    {
        var declared = table.Declared?.Declared.Policies.Select(p => p.Name).ToHashSet(StringComparer.Ordinal) ?? [];
        foreach (var member in table.Family.Members)
        {
            foreach (var policy in member.Policies.Where(p => !p.IsOwn && !(member == table.Root && declared.Contains(p.Name))))
            {
                var (severity, effect) = Judge(installation, member, policy, roles);
                var step = new PlanStep($"no policy {policy.Name}", $"drop policy {Quote.Identifier(policy.Name)} on {member.QuotedName}")
                {
                    Lock = LockLevel.AccessExclusive,
                    LockedTable = member.QuotedName,
                };
                yield return DifferenceFactory.Of(
                    table, member, TenantRlsDifferenceKind.PolicySurplus, severity, $"{member.DisplayName} has a policy {policy.Name} that nobody declared: {effect}", step) with
                {
                    Name = policy.Name,
                    Actual = Text(policy),
                    Command = $"Remove-TenantPolicy {TableCheck.PowerShellText(member.DisplayName)} {TableCheck.PowerShellText(policy.Name)}",
                };
            }
        }
    }

    /// <summary>A policy as PostgreSQL's own words tell it.</summary>
    public static string Text(TablePolicy policy)
    {
        var command = policy.Command switch { 'r' => "SELECT", 'a' => "INSERT", 'w' => "UPDATE", 'd' => "DELETE", _ => "ALL" };
        var roles = string.Join(", ", policy.Roles.Select(r => r.Length == 0 ? "PUBLIC" : r));
        var shown = policy.Using is null ? "" : $" USING {Deparsed.Enclosed(policy.Using)}";
        var written = policy.Check is null || policy.Check == policy.Using ? "" : $" WITH CHECK {Deparsed.Enclosed(policy.Check)}";
        return $"{(policy.IsPermissive ? "PERMISSIVE" : "RESTRICTIVE")} FOR {command} TO {roles}{shown}{written}";
    }

    private static (TenantRlsSeverity Severity, string Effect) Judge(Installation installation, TableState member, TablePolicy policy, TenantRoles roles)
    {
        string[] expressions = [.. ((string?[])[policy.Using, policy.Check]).OfType<string>()];
        var namesTenants = policy.Roles.Any(r => r.Length > 0 && roles.Contains(r));
        var isForTenants = namesTenants || policy.Roles.Contains("");
        var isolation = member.Column is { } column ? PolicyText.IsolationDeparsed(installation, member.SchemaIdent, column) : null;
        if (policy.IsPermissive && !(isolation is not null && expressions.All(e => Deparsed.Requires(e, isolation))))
        {
            return isForTenants
                ? (TenantRlsSeverity.Critical, "it opens rows to every tenant, for permissive policies are joined by OR.")
                : (TenantRlsSeverity.Warning, $"it opens rows of all tenants to {string.Join(", ", policy.Roles)}, and to whom their views and SECURITY DEFINER functions serve.");
        }

        if (namesTenants)
        {
            return (TenantRlsSeverity.Error, "it names a role that tenants' logins belong to, and any member can drop it (DROP OWNED BY).");
        }

        var coversAdmin = policy.Roles.Any(r => r.Length == 0 || r == installation.AdminRole);
        return !policy.IsPermissive && coversAdmin && !expressions.All(e => Deparsed.Allows(e, PolicyText.AdminDeparsed(installation)))
            ? (TenantRlsSeverity.Warning, "it hides rows, from admins too: what reads as all tenants' rows is not all.")
            : (TenantRlsSeverity.Information, policy.IsPermissive ? "it opens nothing that the tenant does not see anyway." : "it hides rows, and opens none.");
    }
}
