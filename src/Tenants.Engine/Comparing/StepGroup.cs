using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Comparing;

/// <summary>Steps that mend one difference together.</summary>
/// <param name="Kind">The difference.</param>
/// <param name="Member">The table, partition or child that has it.</param>
/// <param name="Steps">The steps, in order.</param>
internal sealed record StepGroup(TenantRlsDifferenceKind Kind, TableState Member, List<PlanStep> Steps)
{
    /// <summary>The steps of a table by what they mend. What only follows from another difference belongs to that one.</summary>
    public static IReadOnlyList<StepGroup> Read(TableFamily family, IEnumerable<PlanStep> steps)
    {
        var groups = new List<StepGroup>();
        foreach (var step in steps)
        {
            var member = family.Members.FirstOrDefault(m => m.QuotedName == (step.Concerns ?? step.LockedTable)) ?? family.Root;
            if (Owner(groups, family.Root, member, step.Mends) is { } owner)
            {
                owner.Steps.Add(step);
            }
            else
            {
                groups.Add(new StepGroup(step.Mends!.Value, member, [step]));
            }
        }

        return groups;
    }

    private static StepGroup? Owner(List<StepGroup> groups, TableState root, TableState member, TenantRlsDifferenceKind? mends)
    {
        // A table that nothing keeps apart differs by that, not by each thing that it lacks.
        if (ComparedTable.IsBare(root))
        {
            return OwnerOf(groups, root) ?? Open(groups, root);
        }

        if (member != root && ComparedTable.IsBare(member) && mends is not TenantRlsDifferenceKind.RightSurplus and not TenantRlsDifferenceKind.OwnerBlind)
        {
            return OwnerOf(groups, member) ?? Open(groups, member);
        }

        return mends switch
        {
            null => groups.LastOrDefault(),

            // With the column went its default, its NOT NULL and its index.
            TenantRlsDifferenceKind.DefaultChanged or TenantRlsDifferenceKind.NotNullMissing or TenantRlsDifferenceKind.IndexMissing when root.Column is null =>
                groups.FirstOrDefault(g => g.Kind == TenantRlsDifferenceKind.ColumnMissing),
            _ => null,
        };
    }

    private static StepGroup? OwnerOf(List<StepGroup> groups, TableState member) =>
        groups.FirstOrDefault(g => g.Member == member && g.Kind == TenantRlsDifferenceKind.TableWithoutTenancy);

    private static StepGroup Open(List<StepGroup> groups, TableState member)
    {
        var group = new StepGroup(TenantRlsDifferenceKind.TableWithoutTenancy, member, []);
        groups.Add(group);
        return group;
    }
}
