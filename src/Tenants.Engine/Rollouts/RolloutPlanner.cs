using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
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
        return database.UseAsync(connection => BuildAsync(database, connection, table, request, phase, assumed ?? Assumptions.None, cancellationToken), cancellationToken);
    }

    private static async Task<EnablePlan> BuildAsync(
        TenantDatabase database,
        NpgsqlConnection connection,
        TableInfo table,
        EnableRequest request,
        TenantRolloutPhase? phase,
        Assumptions assumed,
        CancellationToken cancellationToken)
    {
        var ground = await EnableGround.ReadAsync(database, connection, table, request, assumed, cancellationToken).ConfigureAwait(false);
        var expression = await ground.ReadBackfillAsync(request, cancellationToken).ConfigureAwait(false);
        var (fill, warnings) = await RowPlanner.PlanAsync(ground.Context, ground.Family.Root, ground.Column, request.DefaultTenant, expression, isLive: true, cancellationToken).ConfigureAwait(false);
        var steps = new RolloutSteps(
            ground.Family,
            ground.Steps(database, request, fill),
            fill,
            ground.Column,
            await RolloutFacts.ReadAsync(connection, ground.Family, ground.Column, cancellationToken).ConfigureAwait(false),
            await RolloutNames.ReadAsync(connection, ground.Family, cancellationToken).ConfigureAwait(false),
            ground.TakenNames);
        return await ground.PlanAsync(
            database,
            [
                .. phase is TenantRolloutPhase.Enforce ? [] : steps.Prepare(),
                .. phase is TenantRolloutPhase.Prepare ? [] : steps.Enforce(),
            ],
            fill,
            warnings,
            cancellationToken).ConfigureAwait(false);
    }
}
