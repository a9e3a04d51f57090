using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Rollouts;

/// <summary>What a rollout that was cut off leaves beside what makes a table keep tenants apart: its trigger, its constraint, its state.</summary>
internal static class RolloutRest
{
    /// <summary>The steps that clear it away; none where there is nothing.</summary>
    public static async Task<IReadOnlyList<PlanStep>> ClearAsync(EnableContext context, TableFamily family, string login, CancellationToken cancellationToken)
    {
        if (family.Root.IsChild)
        {
            return [];
        }

        var state = await RolloutState.ReadAsync(context.Connection, context.IsInstalled ? context.Installation : null, family.Root.Oid, cancellationToken).ConfigureAwait(false);
        PlanStep[] forget = state is null ? [] : [RolloutState.Forget(context.Installation, family.Root)];
        var column = family.Root.Column?.Name ?? state?.Column ?? TenantTables.DefaultColumn;
        var facts = await RolloutFacts.ReadAsync(context.Connection, family, column, cancellationToken).ConfigureAwait(false);
        RolloutFacts.EnsureEndable(family.Root, facts.Values, login);
        var triggered = family.Members.Where(m => facts[m.Oid].Function is not null && (m == family.Root || !family.Root.IsPartitioned)).ToList();
        var steps = family.Members.Where(m => facts[m.Oid].Check is not null).Select(m => Check(m, facts[m.Oid].Check!, Quote.Identifier(column))).ToList();
        if (triggered.Count > 0)
        {
            steps.AddRange(FillTrigger.Drop(family.Root, [.. triggered.Select(m => (m, facts[m.Oid].IsDerivedAnew))], facts[triggered[0].Oid].Function!, column, Fill.None));
        }

        return [.. steps, .. forget];
    }

    /// <summary>The step that drops the constraint which stood in for NOT NULL.</summary>
    public static PlanStep Check(TableState table, string name, string quotedColumn) => EnableSteps.Alter(
        table,
        null,
        $"{table.DisplayName}: no constraint that says what NOT NULL does",
        $"drop constraint {Quote.Identifier(name)}",
        $"add constraint {Quote.Identifier(name)} check ({quotedColumn} is not null) not valid");
}
