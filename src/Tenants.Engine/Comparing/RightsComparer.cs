using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Comparing;

/// <summary>
/// Finds rights that no plan makes or takes: PUBLIC's, those of other roles, of single columns, and the option to pass a right on.
/// The session role's on whole tables are the plan's.
/// </summary>
internal static class RightsComparer
{
    /// <summary>One difference for each role that has such rights on a table.</summary>
    public static IEnumerable<TenantRlsDifference> Compare(Installation installation, ComparedTable table, ILookup<uint, TableGrant> grants)
    {
        foreach (var member in table.Family.Members.Concat(table.Family.Foreign))
        {
            foreach (var role in grants[member.Oid].GroupBy(g => g.Grantee))
            {
                if (role.Key == installation.SessionRole)
                {
                    foreach (var difference in OfSession(table, member, [.. role]))
                    {
                        yield return difference;
                    }
                }
                else
                {
                    yield return Of(table, member, role.Key, [.. role], Judge(member, role.Key, [.. role]), "no rights that nobody declared", "");
                }
            }
        }
    }

    private static IEnumerable<TenantRlsDifference> OfSession(ComparedTable table, TableState member, TableGrant[] grants)
    {
        TableGrant[] columns = [.. grants.Where(g => g.Column is not null)];
        if (columns.Length > 0)
        {
            var severity = columns.All(g => EnableRequest.AllRights.Contains(g.Privilege)) ? TenantRlsSeverity.Warning : TenantRlsSeverity.Critical;
            var why = $"Tenants' SQL has rights on single columns of {member.DisplayName} that nobody declared: {List(columns)}.";
            yield return Of(table, member, columns[0].Grantee, columns, (severity, why), "no rights on single columns", "");
        }

        TableGrant[] passed = [.. grants.Where(g => g is { IsGrantable: true, Column: null })];
        if (passed.Length > 0)
        {
            var why = $"Tenants' SQL may pass its rights on {member.DisplayName} on to others: {List(passed)} WITH GRANT OPTION.";
            yield return Of(table, member, passed[0].Grantee, passed, (TenantRlsSeverity.Critical, why), "no right to pass rights on", "grant option for ");
        }
    }

    private static (TenantRlsSeverity Severity, string Description) Judge(TableState member, string grantee, TableGrant[] grants)
    {
        var who = grantee.Length == 0 ? "PUBLIC" : grantee;
        var list = List(grants);
        var isFiltered = grants.All(g => EnableRequest.AllRights.Contains(g.Privilege));
        if (!member.CanCarryPolicies && grants[0].IsTenants)
        {
            return (TenantRlsSeverity.Critical, $"{who} has rights on the foreign table {member.DisplayName} ({list}), and no policy guards one.");
        }

        return grants[0] switch
        {
            { IsTenants: true } when !isFiltered => (TenantRlsSeverity.Critical, $"{who} has rights on {member.DisplayName} that no policy filters, and tenants' SQL has them by that: {list}."),
            { IsTenants: true } => (TenantRlsSeverity.Warning, $"{who} has rights on {member.DisplayName} that nobody declared: {list}. The policies hold for them, and for whoever else has a login here."),
            { IsBypassing: true } => (TenantRlsSeverity.Information, $"{who} has rights on {member.DisplayName} ({list}), and no policy binds it: it sees all tenants' rows, as a role for reports or backups does."),
            _ when !isFiltered => (TenantRlsSeverity.Warning, $"{who} has rights on {member.DisplayName} that no policy filters: {list}."),
            _ => (TenantRlsSeverity.Information, $"{who} has rights on {member.DisplayName} that nobody declared: {list}. The policies hold for it."),
        };
    }

    private static TenantRlsDifference Of(
        ComparedTable table,
        TableState member,
        string grantee,
        TableGrant[] grants,
        (TenantRlsSeverity Severity, string Description) judged,
        string purpose,
        string option)
    {
        var role = grantee.Length == 0 ? "public" : Quote.Identifier(grantee);

        // Whoever was given the right to pass rights on may have done so.
        var cascade = grants.Any(g => g.IsGrantable) ? " cascade" : "";
        var list = string.Join(", ", grants.Select(g => g.Column is null ? g.Privilege : $"{g.Privilege} ({Quote.Identifier(g.Column)})").Distinct());
        var step = new PlanStep(purpose, $"revoke {option}{list} on {member.QuotedName} from {role}{cascade}");
        return DifferenceFactory.Of(table, member, TenantRlsDifferenceKind.RightSurplus, judged.Severity, judged.Description, step) with
        {
            Name = grantee.Length == 0 ? "PUBLIC" : grantee,
            Actual = List(grants),
        };
    }

    private static string List(IEnumerable<TableGrant> grants) =>
        string.Join(", ", grants.Select(g => g.Column is null ? g.Privilege : $"{g.Privilege} ({g.Column})").Distinct());
}
