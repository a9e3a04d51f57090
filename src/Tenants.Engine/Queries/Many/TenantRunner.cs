using Tenants.Engine.Connections;

namespace Tenants.Engine.Queries.Many;

/// <summary>Runs the query as one tenant after another, on whichever thread asks: reads its rows, has objects made of them, hands them over.</summary>
/// <param name="database">The database.</param>
/// <param name="query">The query.</param>
/// <param name="options">How it runs.</param>
/// <param name="gate">Lets it run.</param>
/// <param name="announce">Told when something of a run is there to be read, or all.</param>
/// <param name="isReaderIdle">True while nothing else is there to be read.</param>
internal sealed class TenantRunner(
    TenantDatabase database, Query query, ManyTenantsOptions options, RunGate gate, Action<TenantRun> announce, Func<bool> isReaderIdle)
{
    private enum Outcome
    {
        Ended,
        Postponed,
        NoConnection,
        NoTenant,
    }

    /// <summary>Runs it as a tenant, to its end or until it has to give way to the one whose turn it is.</summary>
    /// <param name="run">The tenant's run.</param>
    /// <param name="cancellationToken">Cancels the statement on the server.</param>
    public async Task RunAsync(TenantRun run, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            while (await AttemptAsync(run, cancellationToken).ConfigureAwait(false) is var outcome && outcome != Outcome.Ended)
            {
                if (outcome == Outcome.Postponed && run.Output.TryPostpone())
                {
                    // Whoever reads it next has it run again.
                    return;
                }
            }
        }
        catch (Exception e)
        {
            failure = e;
        }

        run.Complete(failure);
        announce(run);
    }

    private async Task<Outcome> AttemptAsync(TenantRun run, CancellationToken cancellationToken)
    {
        await gate.EnterAsync(run.Output.IsTaken, cancellationToken).ConfigureAwait(false);
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            var outcome = await ReadAsync(run, cancellationToken).ConfigureAwait(false);
            if (outcome == Outcome.NoTenant)
            {
                await options.OnMissing!(run.Tenant, cancellationToken).ConfigureAwait(false);
                run.WasCreated = true;
            }

            return outcome;
        }
        finally
        {
            gate.Exit();
        }
    }

    private async Task<Outcome> ReadAsync(TenantRun run, CancellationToken cancellationToken)
    {
        var output = run.Output;
        var sink = options.CreateSink(run.Tenant, output.Add);
        QueryCursor? cursor = null;
        try
        {
            cursor = await TenantQueries.RunAsync(
                database, run.Tenant, query, options.Query with { OnNotice = output.Add }, cancellationToken).ConfigureAwait(false);
            while (await WithoutKeepingAsync(run, cursor.NextResultAsync()).ConfigureAwait(false))
            {
                sink.StartResult(cursor);
                while (await WithoutKeepingAsync(run, cursor.ReadAsync()).ConfigureAwait(false))
                {
                    // A row is decoded where it is taken, so this is what it weighs.
                    var before = GC.GetAllocatedBytesForCurrentThread();
                    sink.Row(cursor);
                    output.Weigh(GC.GetAllocatedBytesForCurrentThread() - before);
                    if (output.IsFull && !await HandOverAsync(run, cancellationToken).ConfigureAwait(false))
                    {
                        return Outcome.Postponed;
                    }
                }
            }

            sink.Complete(cursor);
            return Outcome.Ended;
        }
        catch (TenantException e) when (e.ErrorId == "TooManyConnections" && cursor is not { IsSent: true } && gate.TryShrink())
        {
            // The next one that ends leaves its connection.
            return Outcome.NoConnection;
        }
        catch (TenantException e) when (e.ErrorId == "TenantNotFound" && options.OnMissing is not null && !run.WasCreated)
        {
            return Outcome.NoTenant;
        }
        finally
        {
            if (cursor is not null)
            {
                await cursor.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <summary>Waits for the server. What was read so far is not kept back meanwhile where somebody waits for it.</summary>
    private ValueTask<bool> WithoutKeepingAsync(TenantRun run, ValueTask<bool> reading)
    {
        if (!reading.IsCompleted && run.Output.HasItems && (run.Output.IsTaken || (!run.IsAnnounced && isReaderIdle())) && run.Output.TryHandOver())
        {
            announce(run);
        }

        return reading;
    }

    private ValueTask<bool> HandOverAsync(TenantRun run, CancellationToken cancellationToken)
    {
        if (run.Output.TryHandOver())
        {
            announce(run);
            return ValueTask.FromResult(true);
        }

        return run.Output.HandOverAsync(options.Patience, cancellationToken);
    }
}
