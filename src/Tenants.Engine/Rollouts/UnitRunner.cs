using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Tenants.Engine.Errors;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Rollouts;

/// <summary>
/// Runs one unit of a plan against a table in use. Whoever waits for a strong lock holds up everybody who comes after him, so a unit
/// that takes one has two seconds for all of it, then gives up and tries again.
/// </summary>
internal sealed class UnitRunner(RolloutSession session, string table, RolloutOptions options, Action<string?> onWait)
{
    /// <summary>Runs it.</summary>
    /// <exception cref="TenantException"><c>TableBusy</c>, and what the server reports.</exception>
    public async Task RunAsync(PlanUnit unit, CancellationToken cancellationToken)
    {
        await using var blockers = new Blockers(session.Database, session.Connection.ProcessID, onWait);
        try
        {
            await LockRetry.RunAsync(
                token => unit.InTransaction ? InTransactionAsync(unit, token) : AloneAsync(unit.Steps[0], token),
                () => onWait(blockers.Last ?? "a lock"),
                options,
                cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (LockRetry.IsBusy(e) && !cancellationToken.IsCancellationRequested)
        {
            throw Busy(e, blockers.Last, unit);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.DiskFull)
        {
            throw new TenantException(
                "DiskFull",
                TenantErrorKind.Resource,
                $"The server has no space left for '{unit.Steps[^1].Purpose}' of {table}: {e.MessageText}. Make room there and run it again: it goes on where it stopped.")
            {
                SqlState = e.SqlState,
                Table = table,
                Target = table,
            };
        }
    }

    private async Task InTransactionAsync(PlanUnit unit, CancellationToken cancellationToken)
    {
        var isStrong = unit.Steps.Any(s => s.Lock >= LockLevel.Share);
        var begin = Stopwatch.GetTimestamp();
        await using var transaction = await session.Connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        foreach (var step in unit.Steps)
        {
            options.OnStep?.Invoke(step);

            // What is left of the two seconds, for the waiting and for the work; a weak lock's holder is in nobody's way, and may work longer.
            var left = Math.Max(1, (int)(LockRetry.Budget - Stopwatch.GetElapsedTime(begin)).TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
            var limits = isStrong ? $"set local lock_timeout = {left}; set local statement_timeout = {left}" : "set local lock_timeout = 2000";
            await session.ExecuteAsync($"{limits};\n{step.Up}", cancellationToken).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    // CREATE INDEX CONCURRENTLY waits for transactions that are older, and a limit that cuts it leaves an invalid index. It may
    // wait: the lock that it holds, and stands in line for, is none that readers and writers wait for.
    private async Task AloneAsync(PlanStep step, CancellationToken cancellationToken)
    {
        options.OnStep?.Invoke(step);
        await session.ExecuteAsync($"set lock_timeout = {((long)options.Patience.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)}", cancellationToken).ConfigureAwait(false);
        try
        {
            await session.ExecuteAsync(step.Up, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException) when (step.Mends == TenantRlsDifferenceKind.IndexMissing && !cancellationToken.IsCancellationRequested)
        {
            await ClearAsync(step).ConfigureAwait(false);
            throw;
        }
        finally
        {
            if (session.Connection.State == System.Data.ConnectionState.Open)
            {
                await session.ExecuteAsync("reset lock_timeout", CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    // The half-built index, which every write would go on to maintain. If it cannot be dropped now, the next run does it.
    private async Task ClearAsync(PlanStep step)
    {
        try
        {
            await session.ExecuteAsync("set lock_timeout = '2s'", CancellationToken.None).ConfigureAwait(false);
            await session.ExecuteAsync(step.Down!, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            // What stopped the building is what is told.
        }
    }

    private TenantException Busy(PostgresException error, string? blockers, PlanUnit unit) => new(
        "TableBusy",
        TenantErrorKind.Timeout,
        $"{table} was in use all the time, so that '{unit.Steps.FirstOrDefault(s => s.Lock >= LockLevel.Share)?.Purpose ?? unit.Steps[0].Purpose}' found no moment within {options.Patience.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s{(blockers is null ? "" : $": in its way was {blockers}")}. Run it again, at a quieter time or when that transaction has ended: it goes on where it stopped.")
    {
        SqlState = error.SqlState,
        Table = table,
        Target = table,
    };
}
