using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Comparing;

/// <summary>Compares a table with what the module would make of it: each difference is what some steps of that plan would mend.</summary>
internal sealed class TableComparer(Installation installation, Version server, IReadOnlySet<string> takenNames)
{
    /// <summary>The differences, in the order in which the plan mends them.</summary>
    /// <param name="table">The table.</param>
    /// <param name="leftovers">What unfinished work left on it.</param>
    public IEnumerable<TenantRlsDifference> Compare(ComparedTable table, TableLeftovers leftovers)
    {
        var steps = new EnableSteps(installation, server, table.Family, table.Request, table.Column, takenNames, Fill.None).All();
        foreach (var group in StepGroup.Read(table.Family, steps))
        {
            // An invalid index is told as such, with what makes it serve.
            if (group.Kind == TenantRlsDifferenceKind.IndexInvalid
                || (group.Kind == TenantRlsDifferenceKind.IndexMissing && leftovers.Indexes.Any(i => i.Table == group.Member.Oid)))
            {
                continue;
            }

            var (name, expected, actual) = DifferenceText.Facts(installation, table, group);
            yield return DifferenceFactory.Of(table, group.Member, group.Kind, Severity(table, group), DifferenceText.Describe(installation, table, group), [.. group.Steps]) with
            {
                Name = name,
                Expected = expected,
                Actual = actual,
                Command = table.EnableCommand,
            };
        }
    }

    private TenantRlsSeverity Severity(ComparedTable table, StepGroup group) => group.Kind switch
    {
        TenantRlsDifferenceKind.TableWithoutTenancy => group.Member != table.Root || table.Root.Granted.Length > 0 ? TenantRlsSeverity.Critical
            : table.IsWanted ? TenantRlsSeverity.Error
            : TenantRlsSeverity.Warning,
        TenantRlsDifferenceKind.RowSecurityOff or TenantRlsDifferenceKind.ForceOff => TenantRlsSeverity.Critical,
        TenantRlsDifferenceKind.PolicyMissing => DifferenceText.PolicyOf(group) == TenantTables.AdminPolicy ? TenantRlsSeverity.Error : TenantRlsSeverity.Critical,
        TenantRlsDifferenceKind.PolicyChanged => IsOpened(group) ? TenantRlsSeverity.Critical : TenantRlsSeverity.Error,
        TenantRlsDifferenceKind.RightSurplus => group.Member.Granted.All(EnableRequest.AllRights.Contains) ? TenantRlsSeverity.Error : TenantRlsSeverity.Critical,
        TenantRlsDifferenceKind.IndexMissing or TenantRlsDifferenceKind.NotNullMissing => TenantRlsSeverity.Warning,
        _ => TenantRlsSeverity.Error,
    };

    // A policy that still demands its condition and more hides rows; any other may show them.
    private bool IsOpened(StepGroup group)
    {
        var policy = group.Member.Policies.First(p => p.Name == DifferenceText.PolicyOf(group));
        var condition = policy.Name == TenantTables.AdminPolicy ? PolicyText.AdminDeparsed(installation)
            : group.Member.Column is { } column ? PolicyText.IsolationDeparsed(installation, group.Member.SchemaIdent, column)
            : null;
        string[] expressions = [.. ((string?[])[policy.Using, policy.Check]).OfType<string>()];
        return policy.IsPermissive && !(condition is not null && expressions.All(e => Deparsed.Requires(e, condition)));
    }
}
