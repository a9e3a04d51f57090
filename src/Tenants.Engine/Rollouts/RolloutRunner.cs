using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Errors;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Rollouts;

/// <summary>
/// Changes a table in use, unit by unit. What was done stays done whatever cuts the run; the next one plans what is missing, and so
/// goes on where that one stopped.
/// </summary>
public static class RolloutRunner
{
    private const int MostRenamed = 3;

    /// <summary>Makes a table keep tenants apart.</summary>
    /// <param name="database">The database.</param>
    /// <param name="table">The table.</param>
    /// <param name="request">What is asked of it.</param>
    /// <param name="phase">The part that is done; null for both.</param>
    /// <param name="options">How it behaves towards the traffic.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The steps that were run.</returns>
    /// <exception cref="TenantException">
    /// What <see cref="RolloutPlanner.PlanAsync"/> throws; <c>RolloutRunning</c>, <c>RolloutNotPrepared</c>, <c>TableBusy</c>, <c>StepTooSlow</c>, <c>RowsWithoutTenant</c>,
    /// <c>BackfillRefused</c>, <c>DiskFull</c>, <c>ConnectionLost</c>.
    /// </exception>
    public static async Task<IReadOnlyList<PlanStep>> EnableAsync(
        TenantDatabase database,
        TableInfo table,
        EnableRequest request,
        TenantRolloutPhase? phase = null,
        RolloutOptions? options = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(request);
        return await TranslateAsync(database, () => RunAllAsync(database, table, request, phase, options ?? new RolloutOptions(), cancellationToken)).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<PlanStep>> RunAllAsync(
        TenantDatabase database, TableInfo table, EnableRequest request, TenantRolloutPhase? phase, RolloutOptions options, CancellationToken cancellationToken)
    {
        Primary.Ensure(database);
        var done = new List<PlanStep>();
        var ground = await database.UseAsync(
            connection => EnableGround.ReadAsync(database, connection, table, request, Assumptions.None, cancellationToken), cancellationToken).ConfigureAwait(false);
        var root = ground.Table;
        if (ground.Initialize.Count > 0)
        {
            var initialize = new Plan(database.Database, ground.Initialize) { ChangesInstallation = true };
            await PlanRunner.RunAsync(database, initialize, options.OnStep, options.OnNotice, cancellationToken).ConfigureAwait(false);
            done.AddRange(initialize.Steps);
        }

        await using var session = await RolloutSession.OpenAsync(database, root.Oid, root.DisplayName, cancellationToken).ConfigureAwait(false);
        foreach (var part in phase is { } only ? [only] : Enum.GetValues<TenantRolloutPhase>())
        {
            done.AddRange(await RunPhaseAsync(session, root, request, part, isAlone: phase is not null, options, MostRenamed, cancellationToken).ConfigureAwait(false));
        }

        return done;
    }

    /// <summary>Runs a plan that changes a table in use: what <see cref="DisablePlanner"/> made, say.</summary>
    /// <param name="database">The database.</param>
    /// <param name="table">The table.</param>
    /// <param name="plan">The plan; it fills in no rows.</param>
    /// <param name="options">How it behaves towards the traffic.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>RolloutRunning</c>, <c>TableChanged</c>, <c>TableBusy</c>, <c>StepTooSlow</c>, and what the server reports.</exception>
    public static async Task RunAsync(TenantDatabase database, TableInfo table, Plan plan, RolloutOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(plan);
        if (plan.IsEmpty)
        {
            return;
        }

        await TranslateAsync(
            database,
            async () =>
            {
                await using var session = await RolloutSession.OpenAsync(database, table.Oid, table.DisplayName, cancellationToken).ConfigureAwait(false);
                await (plan.Guard?.EnsureSameAsync(session.Connection, cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
                await RunUnitsAsync(session, table, plan, null, options ?? new RolloutOptions(), cancellationToken).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
    }

    private static async Task<T> TranslateAsync<T>(TenantDatabase database, Func<Task<T>> body)
    {
        try
        {
            return await body().ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            throw ServerErrors.Translate(e, database.ErrorContext);
        }
    }

    private static async Task<IReadOnlyList<PlanStep>> RunPhaseAsync(
        RolloutSession session, TableInfo root, EnableRequest request, TenantRolloutPhase phase, bool isAlone, RolloutOptions options, int renames, CancellationToken cancellationToken)
    {
        var database = session.Database;
        var installation = await database.GetCurrentInstallationAsync(cancellationToken).ConfigureAwait(false);
        if (phase is TenantRolloutPhase.Enforce && isAlone)
        {
            await EnsurePreparedAsync(database, root, request, cancellationToken).ConfigureAwait(false);
        }

        // Planned anew, for what came before has changed the table.
        var rollout = await PlanAsync(database, root, request, phase, cancellationToken).ConfigureAwait(false);
        if (rollout is { Resumes: { } resumed, Planned.Plan.IsEmpty: false })
        {
            options.OnNotice?.Invoke(new ServerNotice("INFO", "00000", $"The rollout of {root.DisplayName} goes on by what it was begun with: {resumed.Told}, column {resumed.Column}."));
        }

        if (rollout is { Fill.IsNeeded: true, Planned.Plan.IsEmpty: false })
        {
            // Noted at once, so that no later run is told something else; what ends it forgets the note as well.
            await RolloutState.BeginAsync(session.Connection, installation, root.Oid, rollout.Column, rollout.Fill, cancellationToken).ConfigureAwait(false);
            rollout = rollout.HasBegun || phase is TenantRolloutPhase.Prepare ? rollout : await PlanAsync(database, root, request, phase, cancellationToken).ConfigureAwait(false);
        }

        var planned = rollout.Planned;
        try
        {
            await RunUnitsAsync(session, root, planned.Plan, installation, options, cancellationToken).ConfigureAwait(false);
            return planned.Plan.Steps;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DuplicateTable && renames > 0)
        {
            // Hours may lie between the choice of an index's name and its building. Planned anew, it takes another, or does with theirs.
            options.OnNotice?.Invoke(new ServerNotice("INFO", "00000", $"Somebody else took the name of an index of {root.DisplayName} meanwhile; what is missing now is planned anew."));
            return await RunPhaseAsync(session, root, request, phase, isAlone, options, renames - 1, cancellationToken).ConfigureAwait(false);
        }
    }

    private static Task<Rollout> PlanAsync(TenantDatabase database, TableInfo root, EnableRequest request, TenantRolloutPhase phase, CancellationToken cancellationToken) => database.UseAsync(
        connection => RolloutPlanner.BuildAsync(database, connection, root, request, phase, Assumptions.None, cancellationToken), cancellationToken);

    private static async Task EnsurePreparedAsync(TenantDatabase database, TableInfo root, EnableRequest request, CancellationToken cancellationToken)
    {
        var planned = (await PlanAsync(database, root, request, TenantRolloutPhase.Prepare, cancellationToken).ConfigureAwait(false)).Planned;

        // Rows are caught up with anyway.
        if (planned.Plan.Steps.FirstOrDefault(s => s.Mends is not null and not TenantRlsDifferenceKind.RowsWithoutTenant) is { } missing)
        {
            throw new TenantException(
                "RolloutNotPrepared",
                TenantErrorKind.InvalidState,
                $"{root.DisplayName} is not prepared yet: it lacks {missing.Purpose}. Run Enable-TenantRls {TableCheck.PowerShellText(root.DisplayName)} -Online -Phase Prepare first.")
            {
                Table = root.DisplayName,
                Target = root.DisplayName,
            };
        }
    }

    private static async Task RunUnitsAsync(
        RolloutSession session, TableInfo root, Plan plan, Installation? installation, RolloutOptions options, CancellationToken cancellationToken)
    {
        void Pass(object sender, NpgsqlNoticeEventArgs e) =>
            options.OnNotice?.Invoke(new ServerNotice(e.Notice.InvariantSeverity, e.Notice.SqlState, e.Notice.MessageText));

        session.Connection.Notice += Pass;
        try
        {
            var units = plan.Units;
            var hasBelow = await HasBelowAsync(session.Connection, root.Oid, cancellationToken).ConfigureAwait(false);
            for (var i = 0; i < units.Count; i++)
            {
                var progress = new TenantRolloutProgress(root.DisplayName, units[i].Steps[^1].Purpose, i + 1, units.Count);
                void Report(TenantRolloutProgress now) => options.OnProgress?.Invoke(now);
                Report(progress);
                await PointAsync(options, $"before {units[i].Steps[^1].Purpose}").ConfigureAwait(false);
                if (units[i].Steps.FirstOrDefault(s => s.Backfill is not null) is { } fill)
                {
                    await FillAsync(new BackfillRunner(session, installation!, root.DisplayName, root.Oid, options, Report), session, fill, progress, cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    await new UnitRunner(session, root.DisplayName, hasBelow, options, who => Report(progress with { WaitsFor = who })).RunAsync(units[i], cancellationToken).ConfigureAwait(false);
                }

                await PointAsync(options, $"after {units[i].Steps[^1].Purpose}").ConfigureAwait(false);
            }
        }
        finally
        {
            session.Connection.Notice -= Pass;
        }
    }

    private static async Task FillAsync(BackfillRunner runner, RolloutSession session, PlanStep step, TenantRolloutProgress progress, CancellationToken cancellationToken)
    {
        try
        {
            await runner.RunAsync(step, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (!ServerErrors.IsBroken(e) && !cancellationToken.IsCancellationRequested)
        {
            throw await runner.ExplainAsync(e, step).ConfigureAwait(false);
        }
    }

    private static async Task<bool> HasBelowAsync(NpgsqlConnection connection, uint root, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select exists (select from pg_catalog.pg_inherits h where h.inhparent = $1)", connection)
        {
            Parameters = { new NpgsqlParameter { Value = root, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid } },
        };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }

    private static Task PointAsync(RolloutOptions options, string name) => options.OnPoint?.Invoke(name) ?? Task.CompletedTask;
}
