using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Errors;

namespace Tenants.Engine.Plans;

/// <summary>Applies a plan: all of it in one transaction, or nothing.</summary>
public static class PlanRunner
{
    /// <summary>
    /// What comes first. No name in a plan is looked up by path. A step does not wait for a lock for ever, for everybody who
    /// comes after it waits as well. A plan is not cut by the limit that is meant for queries.
    /// </summary>
    private static readonly string[] s_preamble =
    [
        "set local search_path = pg_catalog, pg_temp",
        "set local lock_timeout = '10s'",
        "set local statement_timeout = 0",
    ];

    /// <summary>All that a run sends, as a script that can be pasted into psql.</summary>
    /// <param name="plan">The plan.</param>
    public static string ToScript(Plan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return string.Join("\n", plan.Units.Select(unit => ToScript(unit, plan.IsOnline)));
    }

    private static string ToScript(PlanUnit unit, bool isOnline)
    {
        var statements = unit.Steps.Select(s => $"{(s.Backfill is null || !isOnline ? "" : "-- a run does this a portion at a time, each in a transaction of its own\n")}{s.Up.TrimEnd().TrimEnd(';')}");
        string[] preamble = isOnline ? [s_preamble[0], .. UnitLimits.Of(unit.IsStrong)] : s_preamble;
        return string.Join(";\n", unit.InTransaction ? ["begin", .. preamble, .. statements, "commit"] : statements) + ";";
    }

    /// <summary>Applies a plan.</summary>
    /// <param name="database">Where.</param>
    /// <param name="plan">What.</param>
    /// <param name="onStep">Told of each step before it runs.</param>
    /// <param name="onNotice">Told of each notice of the server, on any thread.</param>
    /// <param name="cancellationToken">Stops it; nothing is changed then.</param>
    /// <exception cref="TenantException">A step failed; <c>RolloutRunning</c>, <c>TableChanged</c>: another run is at work on the table, or was since the plan was made. Nothing was changed.</exception>
    public static async Task RunAsync(
        TenantDatabase database,
        Plan plan,
        Action<PlanStep>? onStep = null,
        Action<ServerNotice>? onNotice = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(plan);
        if (plan.IsEmpty)
        {
            return;
        }

        Primary.Ensure(database);
        await using var connection = await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        void Pass(object sender, NpgsqlNoticeEventArgs e) =>
            onNotice?.Invoke(new ServerNotice(e.Notice.InvariantSeverity, e.Notice.SqlState, e.Notice.MessageText));

        connection.Notice += Pass;
        try
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await ExecuteAsync(connection, string.Join(";\n", s_preamble), cancellationToken).ConfigureAwait(false);
            await (plan.Guard?.TakeAsync(connection, cancellationToken) ?? Task.CompletedTask).ConfigureAwait(false);
            foreach (var step in plan.Steps)
            {
                onStep?.Invoke(step);
                await ExecuteAsync(connection, step.Up, cancellationToken).ConfigureAwait(false);
            }

            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            if (plan.ChangesInstallation)
            {
                await database.ForgetInstallationAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            throw ServerErrors.Translate(e, database.ErrorContext);
        }
        finally
        {
            connection.Notice -= Pass;
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
