using System.Diagnostics;
using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Errors;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Rollouts;

/// <summary>
/// Fills in the rows of a table in use, some blocks of its file at a time: that needs no key, reads each block once, and says by one
/// number how far it is. Rows move while it runs, but none is lost by that: a row that moves is written anew, and the trigger fills
/// it in as it is written; so is a row that comes. What the trigger cannot see is left to the pass before the table is enforced.
/// </summary>
/// <remarks>
/// A portion that others wait for is done before the server looks for deadlocks (<c>deadlock_timeout</c>), so that it is never they
/// who are undone. A block that takes longer than that by itself gets the time, and waits for nobody.
/// </remarks>
internal sealed class BackfillRunner(RolloutSession session, Installation installation, string table, uint root, RolloutOptions options, Action<TenantRolloutProgress> report)
{
    private const long MostBlocks = 65_536;

    private static readonly TimeSpan s_aim = TimeSpan.FromMilliseconds(200);

    // Not at all: 0 would be for ever.
    private static readonly TimeSpan s_noWait = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromHours(1);

    private string? _inTheWay;
    private TimeSpan _limit;

    /// <summary>Fills in what is missing.</summary>
    /// <param name="step">The step.</param>
    /// <param name="progress">What is reported of it, without numbers.</param>
    /// <param name="cancellationToken">Stops it; the next run goes on with the portion that was cut.</param>
    /// <exception cref="TenantException"><c>BackfillRefused</c>, <c>RowsHidden</c>, <c>TableBusy</c>.</exception>
    public async Task RunAsync(PlanStep step, TenantRolloutProgress progress, CancellationToken cancellationToken)
    {
        var backfill = step.Backfill!;
        options.OnStep?.Invoke(step);
        var state = await BackfillState.BeginAsync(session.Connection, installation, root, backfill.Oid, cancellationToken).ConfigureAwait(false);
        var batch = new BackfillBatch(session.Connection, installation, backfill, () => EnsureSeenAsync(backfill, cancellationToken));
        var pace = new Pace(state, progress);
        var blocks = 16L;
        _limit = session.Grace;
        long without = 0;
        await using var blockers = new Blockers(session.Database, session.Connection.ProcessID);
        for (var block = state.NextBlock; block < state.Blocks;)
        {
            var next = Math.Min(block + blocks, state.Blocks);
            var begin = Stopwatch.GetTimestamp();
            var at = block;
            await LockRetry.RunAsync(
                async token =>
                {
                    var start = Stopwatch.GetTimestamp();
                    try
                    {
                        var wait = _limit > session.Grace ? s_noWait : _limit / 2;
                        var (filled, missing) = await batch.RunAsync(at, next, _limit, wait, token).ConfigureAwait(false);
                        without += missing;
                        pace.Add(next, filled);
                    }
                    catch (PostgresException e) when (LockRetry.IsBusy(e) && !token.IsCancellationRequested)
                    {
                        if (StepFailures.IsCancelled(e, Stopwatch.GetElapsedTime(start), _limit))
                        {
                            throw StepFailures.Cancelled(e, table, step.Purpose);
                        }

                        // Fewer rows meet fewer locks; a single block that takes longer by itself gets the time that it needs.
                        var isTooLong = next - at == 1 && e.SqlState == PostgresErrorCodes.QueryCanceled;
                        _limit = isTooLong && _limit < s_longest ? _limit * 2 : _limit;
                        next = at + Math.Max(1, (next - at) / 4);
                        begin = Stopwatch.GetTimestamp();
                        throw;
                    }
                },
                () => report(pace.Report(_inTheWay = blockers.Last ?? _inTheWay ?? "a row's lock")),
                options,
                cancellationToken).ConfigureAwait(false);

            var took = Stopwatch.GetElapsedTime(begin);
            blocks = Math.Clamp((long)((next - at) * Math.Clamp(s_aim / took, 0.25, 2)), 1, MostBlocks);
            block = next;
            report(pace.Report(null));
            if (options.OnPoint is { } point)
            {
                await point($"block {block}").ConfigureAwait(false);
            }

            if (options.Throttle > 0 && block < state.Blocks)
            {
                await Task.Delay(took * (options.Throttle / (100.0 - options.Throttle)), cancellationToken).ConfigureAwait(false);
            }
        }

        await BackfillState.EndAsync(session.Connection, installation, backfill.Oid, cancellationToken).ConfigureAwait(false);
        if (without > 0)
        {
            options.OnWarning?.Invoke($"{backfill.QuotedTable}: the expression gives no tenant for {without} rows. Give them one by an UPDATE, or mend what it reads; nothing is enforced while a row is without a tenant.");
        }
    }

    /// <summary>What stopped the rows of a table, in words that name the table and what refused.</summary>
    public async Task<TenantException> ExplainAsync(PostgresException error, PlanStep step)
    {
        var translated = ServerErrors.Translate(error, session.Database.ErrorContext);
        if (error.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            return StepFailures.RowsTooSlow(error, table, step, _limit > session.Grace ? _limit / 2 : _limit);
        }

        if (LockRetry.IsBusy(error))
        {
            return new TenantException(
                "TableBusy", TenantErrorKind.Timeout, $"Rows of {table} were locked by others for longer than the rollout waits: {_inTheWay ?? "nobody is known to be in the way"}. Run it again: it goes on where it stopped.") { SqlState = error.SqlState, Table = table, Target = table };
        }

        if (error.SqlState.StartsWith("53", StringComparison.Ordinal) || error.SqlState.StartsWith("57", StringComparison.Ordinal))
        {
            return translated;
        }

        var trigger = await TriggerAsync(error, step.Backfill!).ConfigureAwait(false);
        var by = trigger is not null ? $" by its trigger {trigger}"
            : error.ConstraintName is { } constraint ? $" by the constraint {constraint}"
            : "";
        return new TenantException(
            "BackfillRefused",
            TenantErrorKind.InvalidData,
            $"{step.Backfill!.QuotedTable} refused{by} that rows get their tenant: {translated.Message} The portions before are kept. Mend that{(trigger is null ? "" : $", or switch it off meanwhile (alter table {step.Backfill.QuotedTable} disable trigger {trigger})")} and run it again: it goes on where it stopped.")
        {
            SqlState = error.SqlState,
            Constraint = error.ConstraintName,
            Table = table,
            Target = table,
        };
    }

    private async Task EnsureSeenAsync(Backfill backfill, CancellationToken cancellationToken)
    {
        await AdminRight.CheckAsync(session.Connection, installation, cancellationToken).ConfigureAwait(false);
        var states = await TableStateReader.ReadAsync(session.Connection, installation, [(backfill.Oid, null)], cancellationToken).ConfigureAwait(false);
        states[backfill.Oid].EnsureAllRowsSeen(installation);
    }

    // The server tells the function that raised an error, not the trigger that called it.
    private async Task<string?> TriggerAsync(PostgresException error, Backfill backfill)
    {
        if (error.Where is null || session.Connection.FullState != System.Data.ConnectionState.Open)
        {
            return null;
        }

        await using var command = new NpgsqlCommand(
            """
            select pg_catalog.quote_ident(t.tgname) from pg_catalog.pg_trigger t join pg_catalog.pg_proc p on p.oid = t.tgfoid
            where t.tgrelid = $1 and not t.tgisinternal and pg_catalog.strpos($2, p.proname || '(') > 0
            order by t.tgname limit 1
            """,
            session.Connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = backfill.Oid, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid },
                new NpgsqlParameter<string> { TypedValue = error.Where },
            },
        };
        return (string?)await command.ExecuteScalarAsync().ConfigureAwait(false);
    }
}
