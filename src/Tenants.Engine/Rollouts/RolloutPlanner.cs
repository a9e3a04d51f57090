using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Rollouts;

/// <summary>Plans what makes a table in use keep tenants apart, without anybody waiting long.</summary>
public static class RolloutPlanner
{
    /// <summary>The plan, of which each unit is a transaction or a statement outside of any; empty where nothing is missing.</summary>
    /// <param name="database">The database.</param>
    /// <param name="table">The table.</param>
    /// <param name="request">What is asked of it.</param>
    /// <param name="phase">The part that is planned, <see cref="TenantRolloutPhase.Enforce"/> as if the other was done; null for both.</param>
    /// <param name="assumed">What plans before this one, which were only shown, would have made.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException">
    /// What <see cref="EnablePlanner.PlanAsync"/> throws, <c>DatabaseOutdated</c>, and <c>RowsHidden</c>: policies hide rows from the admin himself.
    /// </exception>
    public static Task<EnablePlan> PlanAsync(
        TenantDatabase database,
        TableInfo table,
        EnableRequest request,
        TenantRolloutPhase? phase = null,
        Assumptions? assumed = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(request);
        return database.UseAsync(
            async connection => (await BuildAsync(database, connection, table, request, phase, assumed ?? Assumptions.None, cancellationToken).ConfigureAwait(false)).Planned, cancellationToken);
    }

    /// <summary>The plan, and what a run must know beside it.</summary>
    internal static async Task<Rollout> BuildAsync(
        TenantDatabase database,
        NpgsqlConnection connection,
        TableInfo table,
        EnableRequest request,
        TenantRolloutPhase? phase,
        Assumptions assumed,
        CancellationToken cancellationToken)
    {
        Primary.Ensure(database);
        var installation = await database.FindInstallationAsync(cancellationToken).ConfigureAwait(false) is null
            ? null
            : await database.GetCurrentInstallationAsync(cancellationToken).ConfigureAwait(false);
        if (installation is not null)
        {
            // Who is no admin hears that, and not which table he may not read.
            await AdminRight.CheckAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        }

        var state = await RolloutState.ReadAsync(connection, installation, table.Oid, cancellationToken).ConfigureAwait(false);
        var begun = state is { Fits: true } ? state : null;
        var wanted = begun?.Resume(request) ?? request;
        var ground = await EnableGround.ReadAsync(database, connection, table, wanted, assumed, cancellationToken).ConfigureAwait(false);
        var root = ground.Family.Root;
        await ColumnRewrite.EnsureNoneAsync(connection, root, wanted, cancellationToken).ConfigureAwait(false);
        var expression = await ground.ReadBackfillAsync(wanted, cancellationToken).ConfigureAwait(false);
        begun?.EnsureSame(root, ground.Column, wanted.DefaultTenant, expression?.Text, ground.Context.Installation.TenantType);
        var (fill, warnings) = await RowPlanner.PlanAsync(ground.Context, root, ground.Column, wanted.DefaultTenant, expression?.Text, isLive: true, cancellationToken).ConfigureAwait(false);
        fill = fill with { Row = expression };
        if (fill.IsNeeded && expression?.NotInTrigger is { } reason)
        {
            warnings = [.. warnings, $"{root.DisplayName}: no trigger can evaluate what -Backfill holds ({reason}), so rows that old code writes get their tenant only by the catching up. Where they shall get it at once, write the expression over the table's own columns."];
        }

        var facts = await RolloutFacts.ReadAsync(connection, ground.Family, ground.Column, cancellationToken).ConfigureAwait(false);
        var steps = new RolloutSteps(
            ground.Family,
            ground.Steps(database, wanted, fill),
            fill,
            ground.Column,
            facts,
            await RolloutNames.ReadAsync(connection, ground.Family, cancellationToken).ConfigureAwait(false),
            ground.TakenNames,
            state is null ? null : RolloutState.Forget(ground.Context.Installation, root),
            wanted.Policies);
        if (phase is not TenantRolloutPhase.Prepare || steps.BindsTrigger)
        {
            RolloutFacts.EnsureEndable(root, facts.Values, database.SessionUser);
        }

        var planned = await ground.PlanAsync(
            database,
            [
                .. phase is TenantRolloutPhase.Enforce ? [] : steps.Prepare(),
                .. phase is TenantRolloutPhase.Prepare ? [] : steps.Enforce(phase is TenantRolloutPhase.Enforce),
            ],
            fill,
            warnings,
            cancellationToken).ConfigureAwait(false);
        return new Rollout(planned with { Plan = planned.Plan with { IsOnline = true } }, fill, ground.Column, state is not null)
        {
            Resumes = request is { DefaultTenant: null, Backfill: null } ? begun : null,
        };
    }
}
