using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Rollouts;

namespace Tenants.Engine.Plans;

/// <summary>Plans what makes a table keep tenants apart; where the database has no tenants yet, that comes first.</summary>
public static class EnablePlanner
{
    /// <summary>The plan; empty where the table lacks nothing.</summary>
    /// <param name="database">The database.</param>
    /// <param name="table">The table.</param>
    /// <param name="request">What is asked of it.</param>
    /// <param name="assumed">What plans before this one, which were only shown, would have made.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException">
    /// <c>TableNotSupported</c>, <c>TableIsShared</c>, <c>ColumnTypeNotSupported</c>, <c>ColumnTypeMismatch</c>, <c>ColumnValuesNotSupported</c>, <c>TenantColumnMismatch</c>,
    /// <c>DefaultTenantRequired</c>, <c>RolloutChanged</c>, <c>TenantColumnHasNulls</c>, <c>BackfillInvalid</c>, <c>InvalidTenant</c>, <c>TenantClosed</c>, <c>PermissionDenied</c>, and what
    /// <see cref="InitializePlanner"/> throws.
    /// </exception>
    public static Task<EnablePlan> PlanAsync(
        TenantDatabase database, TableInfo table, EnableRequest request, Assumptions? assumed = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(request);
        return database.UseAsync(connection => BuildAsync(database, connection, table, request, assumed ?? Assumptions.None, cancellationToken), cancellationToken);
    }

    private static async Task<EnablePlan> BuildAsync(
        TenantDatabase database, NpgsqlConnection connection, TableInfo table, EnableRequest request, Assumptions assumed, CancellationToken cancellationToken)
    {
        var ground = await EnableGround.ReadAsync(database, connection, table, request, assumed, cancellationToken).ConfigureAwait(false);

        // A rollout of the table that was not brought to its end is, by what it was begun with.
        var begun = ground.Context.IsInstalled
            ? await RolloutState.ReadAsync(connection, ground.Context.Installation, ground.Family.Root.Oid, cancellationToken).ConfigureAwait(false)
            : null;
        var wanted = begun is { Fits: true } ? begun.Resume(request) : request;
        ground = wanted == request ? ground : await EnableGround.ReadAsync(database, connection, table, wanted, assumed, cancellationToken).ConfigureAwait(false);
        var expression = (await ground.ReadBackfillAsync(wanted, cancellationToken).ConfigureAwait(false))?.Text;
        if (begun is { Fits: true })
        {
            begun.EnsureSame(ground.Family.Root, ground.Column, wanted.DefaultTenant, expression, ground.Context.Installation.TenantType);
        }

        var (fill, warnings) = await RowPlanner.PlanAsync(ground.Context, ground.Family.Root, ground.Column, wanted.DefaultTenant, expression, cancellationToken: cancellationToken).ConfigureAwait(false);
        PlanStep[] steps =
        [
            .. ground.Steps(database, wanted, fill).All(),
            .. await RolloutRest.ClearAsync(ground.Context, ground.Family, database.SessionUser, cancellationToken).ConfigureAwait(false),
        ];
        return await ground.PlanAsync(database, steps, fill, warnings, cancellationToken).ConfigureAwait(false);
    }
}
