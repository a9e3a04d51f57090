using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Comparing;

/// <summary>Tells what unfinished work left: an index, a constraint, a rollout's trigger.</summary>
internal static class LeftoverComparer
{
    private const string Alone = "-- by itself, outside of a transaction: with psql, say\n";

    /// <summary>One difference for each.</summary>
    public static IEnumerable<TenantRlsDifference> Compare(ComparedTable table, TableLeftovers leftovers)
    {
        TableState Member(uint oid) => table.Family.Members.First(m => m.Oid == oid);
        return
        [
            .. leftovers.Indexes.Select(i => Index(table, Member(i.Table), i)),
            .. leftovers.Constraints.Select(c => Constraint(table, Member(c.Table), c)),
            .. leftovers.Triggers.Select(t => Trigger(table, Member(t.Table), t)),
        ];
    }

    private static TenantRlsDifference Index(ComparedTable table, TableState member, LeftoverIndex index)
    {
        var quoted = Quote.Identifier(index.Schema, index.Name);
        var isNeeded = member.Index is null;
        var step = (isNeeded, index.IsPartitioned) switch
        {
            // Outside of a transaction, so that nobody waits.
            (true, false) => new PlanStep($"the index {index.Name} is built anew", $"{Alone}reindex index concurrently {quoted}") { Lock = LockLevel.ShareUpdateExclusive },
            (false, false) => new PlanStep($"the index {index.Name} is not needed", $"{Alone}drop index concurrently {quoted}") { Lock = LockLevel.ShareUpdateExclusive },

            // One of a partitioned table is invalid until a partition's is attached for each; made anew, it takes over those that are there.
            (true, true) => new PlanStep($"the index {index.Name} is made anew", $"drop index {quoted};\n{index.Definition.Replace(" ON ONLY ", " ON ", StringComparison.Ordinal)}") { Lock = LockLevel.AccessExclusive },
            (false, true) => new PlanStep($"the index {index.Name} is not needed", $"drop index {quoted}") { Lock = LockLevel.AccessExclusive },
        };
        var what = isNeeded ? $"each query of a tenant reads all rows of {member.DisplayName}" : "another index serves, and this one only costs writes";
        return DifferenceFactory.Of(
            table,
            member,
            TenantRlsDifferenceKind.IndexInvalid,
            TenantRlsSeverity.Warning,
            $"The index {index.Name} of {member.DisplayName} was left invalid by a build that was cut off: {what}.",
            step with { LockedTable = member.QuotedName }) with
        {
            Name = index.Name,
            Expected = isNeeded ? "valid" : null,
            Actual = "invalid",
            Command = (index.IsPlain, index.IsPartitioned) switch
            {
                (true, false) => $"{table.EnableCommand} -Online",
                (true, true) when isNeeded => table.EnableCommand,
                _ => null,
            },
        };
    }

    private static TenantRlsDifference Constraint(ComparedTable table, TableState member, LeftoverConstraint constraint)
    {
        var step = new PlanStep($"all rows fulfil {constraint.Name}", $"alter table {member.QuotedName} validate constraint {Quote.Identifier(constraint.Name)}")
        {
            Lock = LockLevel.ShareUpdateExclusive,
            LockedTable = member.QuotedName,
        };
        return DifferenceFactory.Of(
            table,
            member,
            TenantRlsDifferenceKind.ConstraintNotValid,
            TenantRlsSeverity.Warning,
            $"The constraint {constraint.Name} of {member.DisplayName} was never checked against the rows that were there before it.",
            step) with
        {
            Name = constraint.Name,
            Expected = constraint.Definition.Replace(" NOT VALID", "", StringComparison.Ordinal),
            Actual = constraint.Definition,
        };
    }

    private static TenantRlsDifference Trigger(ComparedTable table, TableState member, LeftoverTrigger trigger)
    {
        var difference = DifferenceFactory.Of(
            table,
            member,
            TenantRlsDifferenceKind.RolloutUnfinished,
            TenantRlsSeverity.Information,
            $"An online rollout of {member.DisplayName} was not finished: its trigger {trigger.Name} still fills in the tenant of rows that come without one.") with
        {
            Name = trigger.Name,
            Actual = trigger.IsDisabled ? "disabled" : "enabled",
            Command = $"{table.EnableCommand} -Online",
        };
        if (!trigger.IsDisabled)
        {
            return difference;
        }

        var step = new PlanStep("rows get their tenant again", $"alter table {member.QuotedName} enable trigger {Quote.Identifier(trigger.Name)}")
        {
            Lock = LockLevel.ShareRowExclusive,
            LockedTable = member.QuotedName,
        };
        return (difference with
        {
            Severity = TenantRlsSeverity.Error,
            Expected = "enabled",
            Description = $"The trigger {trigger.Name} of an online rollout of {member.DisplayName} is disabled: rows that come meanwhile get no tenant.",
        }).MendedBy([step]);
    }
}
