using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Comparing;

/// <summary>Compares the tenant column's type with the declared one, or with what can hold the database's tenants.</summary>
internal static class ColumnTypeComparer
{
    /// <summary>The difference; null where the type is as it ought to be.</summary>
    public static TenantRlsDifference? Compare(Installation installation, Version server, ComparedTable table)
    {
        if (table.Root.Column is not { } column)
        {
            return null;
        }

        if (table.Request.Type is { } declared)
        {
            return declared == column.Type ? null : Of(table, column, declared, $"{table.Column} of {table.Root.DisplayName} is of type {column.Type}, and declared as {declared}.")
                .MendedBy([.. Change(installation, server, table, column, declared)]);
        }

        try
        {
            ColumnCheck.EnsureFits(table.Root, installation.TenantType);
            return null;
        }
        catch (TenantException e)
        {
            return Of(table, column, installation.SqlType, e.Message);
        }
    }

    private static TenantRlsDifference Of(ComparedTable table, TenantColumn column, string expected, string description) =>
        DifferenceFactory.Of(table, table.Root, TenantRlsDifferenceKind.ColumnType, TenantRlsSeverity.Error, description) with
        {
            Name = column.Name,
            Expected = expected,
            Actual = column.Type,
        };

    // No policy may depend on a column whose type changes: the isolating ones go, and come back over the new type.
    private static IEnumerable<PlanStep> Change(Installation installation, Version server, ComparedTable table, TenantColumn column, string type)
    {
        var quoted = Quote.Identifier(column.Name);
        foreach (var member in table.Family.Members.Where(m => m.Policies.Any(p => p.Name == TenantTables.IsolationPolicy)))
        {
            yield return Alter(member, "the policy stands aside", $"drop policy {Quote.Identifier(TenantTables.IsolationPolicy)} on {member.QuotedName}");
        }

        yield return Alter(
            table.Root,
            $"{column.Name} of type {type}",
            $"alter table {table.Root.QuotedName} alter column {quoted} drop default, alter column {quoted} type {type} using {quoted}::text::{type}");
        foreach (var step in new EnableSteps(installation, server, After(table, column, type), table.Request, column.Name, new HashSet<string>(), Fill.None).All())
        {
            if (step.Mends is TenantRlsDifferenceKind.DefaultChanged || step.Up.StartsWith($"create policy {Quote.Identifier(TenantTables.IsolationPolicy)} ", StringComparison.Ordinal))
            {
                yield return step;
            }
        }
    }

    private static TableFamily After(ComparedTable table, TenantColumn column, string type)
    {
        TableState Changed(TableState member) => member with
        {
            Column = member.Column is null ? null : column with { Type = type, BaseType = type.Split('(')[0], IsDomain = false, Default = null, IsNotNull = member.Column.IsNotNull },
            Policies = [.. member.Policies.Where(p => p.Name != TenantTables.IsolationPolicy)],
        };
        return new TableFamily(Changed(table.Root), [.. table.Family.Children.Select(Changed)]);
    }

    private static PlanStep Alter(TableState member, string purpose, string sql) => new(purpose, sql) { Lock = LockLevel.AccessExclusive, LockedTable = member.QuotedName };
}
