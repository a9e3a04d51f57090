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
/// <remarks>
/// Of that a wait gets less than all, so that a lock that was not to be had is told from work that takes too long. And once a lock is
/// held that others wait for, or where one statement takes several, waiting is over before the server looks for deadlocks
/// (<c>deadlock_timeout</c>): it is never they who are undone.
/// </remarks>
internal sealed class UnitRunner(RolloutSession session, string table, bool hasBelow, RolloutOptions options, Action<string?> onWait)
{
    private const int MostSlow = 3;

    private int _slow;
    private PlanStep? _at;

    /// <summary>Runs it.</summary>
    /// <exception cref="TenantException"><c>TableBusy</c>, <c>StepTooSlow</c>, <c>QueryCanceled</c>, <c>DiskFull</c>, and what the server reports.</exception>
    public async Task RunAsync(PlanUnit unit, CancellationToken cancellationToken)
    {
        await using var blockers = new Blockers(session.Database, session.Connection.ProcessID, onWait);
        try
        {
            await LockRetry.RunAsync(
                token => unit.InTransaction ? InTransactionAsync(unit, blockers, token) : AloneAsync(unit.Steps[0], token),
                () => onWait(blockers.Last ?? "a lock"),
                options,
                cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (LockRetry.IsBusy(e) && !cancellationToken.IsCancellationRequested)
        {
            throw _slow > 0
                ? StepFailures.TooSlow(e, table, _at!)
                : StepFailures.Busy(e, table, unit.Steps.FirstOrDefault(s => s.Lock >= LockLevel.Share)?.Purpose ?? unit.Steps[0].Purpose, blockers.Last, options);
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

    private async Task InTransactionAsync(PlanUnit unit, Blockers blockers, CancellationToken cancellationToken)
    {
        blockers.Forget();
        var isStrong = unit.Steps.Any(s => s.Lock >= LockLevel.Share);
        var begin = Stopwatch.GetTimestamp();
        long? held = null;
        await using var transaction = await session.Connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        foreach (var step in unit.Steps)
        {
            options.OnStep?.Invoke(_at = step);

            // What is left of the two seconds, for the waiting and for the work; a weak lock's holder is in nobody's way, and may work longer.
            var left = LockRetry.Budget - Stopwatch.GetElapsedTime(begin);
            var wait = held is { } since ? Less(left, session.Grace - Stopwatch.GetElapsedTime(since)) : hasBelow ? Less(left, session.Grace) : left * 0.75;
            var limits = isStrong ? $"set local lock_timeout = {Milliseconds(wait)}; set local statement_timeout = {Milliseconds(left)}" : "set local lock_timeout = 2000";
            var start = Stopwatch.GetTimestamp();
            try
            {
                await session.ExecuteAsync($"{limits};\n{step.Up}", cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e) when (LockRetry.IsBusy(e) && !cancellationToken.IsCancellationRequested)
            {
                Judge(e, step, Stopwatch.GetElapsedTime(start), isStrong ? left : null, blockers);
                throw;
            }

            held ??= step.Lock >= LockLevel.Share ? Stopwatch.GetTimestamp() : null;
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    // Once may be a moment's load; what takes too long again and again will go on doing so.
    private void Judge(PostgresException error, PlanStep step, TimeSpan took, TimeSpan? limit, Blockers blockers)
    {
        if (StepFailures.IsCancelled(error, took, limit))
        {
            throw StepFailures.Cancelled(error, table, step.Purpose);
        }

        _slow = error.SqlState == PostgresErrorCodes.QueryCanceled && !blockers.HasSeen ? _slow + 1 : 0;
        if (_slow == MostSlow)
        {
            throw StepFailures.TooSlow(error, table, step);
        }
    }

    private static TimeSpan Less(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static string Milliseconds(TimeSpan time) => Math.Max(1, (int)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);

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
        catch (PostgresException e) when (step.Index is not null && e.SqlState != PostgresErrorCodes.DuplicateTable && !ServerErrors.IsBroken(e) && !cancellationToken.IsCancellationRequested)
        {
            await ClearAsync(step, step.Index).ConfigureAwait(false);
            if (StepFailures.IsCancelled(e, default, null))
            {
                throw StepFailures.Cancelled(e, table, step.Purpose);
            }

            throw;
        }
        finally
        {
            if (IsOpen)
            {
                await session.ExecuteAsync("reset lock_timeout", CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private bool IsOpen => session.Connection.FullState == System.Data.ConnectionState.Open;

    // The half-built index, which every write would go on to maintain. If it cannot be dropped now, the next run does it. Over a
    // connection of its own: the driver closes one on which resources ran out. The name may be another's by now, whose index stays.
    private async Task ClearAsync(PlanStep step, IndexBuild index)
    {
        try
        {
            await using var connection = await session.Database.OpenConnectionAsync(CancellationToken.None).ConfigureAwait(false);
            if (!await IsHalfBuiltAsync(connection, step, index).ConfigureAwait(false))
            {
                return;
            }

            foreach (var sql in (string[])["set lock_timeout = '2s'", step.Down!, "reset lock_timeout"])
            {
                await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
                await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is TenantException || ServerErrors.IsOurs(e))
        {
            // What stopped the building is what is told.
        }
    }

    private static async Task<bool> IsHalfBuiltAsync(NpgsqlConnection connection, PlanStep step, IndexBuild index)
    {
        await using var command = new NpgsqlCommand(
            """
            select exists (
                select from pg_catalog.pg_index i
                join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] and a.attname = $3
                where i.indexrelid = pg_catalog.to_regclass($1) and i.indrelid = pg_catalog.to_regclass($2)
                  and not i.indisvalid and not i.indisunique and i.indnatts = 1 and i.indpred is null
                  and not exists (select from pg_catalog.pg_stat_progress_create_index g where g.index_relid = i.indexrelid))
            """,
            connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = index.QuotedName },
                new NpgsqlParameter<string> { TypedValue = step.LockedTable! },
                new NpgsqlParameter<string> { TypedValue = index.Column },
            },
        };
        return (bool)(await command.ExecuteScalarAsync().ConfigureAwait(false))!;
    }
}
