using System.Diagnostics;
using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Errors;
using Tenants.Engine.Queries.Running;
using Tenants.Engine.Queries.Text;

namespace Tenants.Engine.Measuring;

/// <summary>Runs one statement under EXPLAIN as one login, as often as asked, each time in a read-only transaction that is rolled back and cleaned.</summary>
internal sealed class Explainer : IAsyncDisposable
{
    private readonly StandaloneFrame _frame;
    private readonly BoundStatement _statement;
    private readonly IReadOnlyList<string> _before;
    private readonly TimeSpan? _timeout;
    private readonly StatementStep[] _steps;
    private readonly CancellationToken _cancellation;
    private readonly Watchdog _watchdog;
    private NpgsqlBatch? _running;
    private Backend _backend;
    private long _sentAt;

    /// <summary>Sends nothing yet.</summary>
    /// <param name="scope">As whom.</param>
    /// <param name="statement">The statement.</param>
    /// <param name="before">What comes before it in the transaction, while that may still write.</param>
    /// <param name="timeout">The limit for a run; null for the connection's own.</param>
    /// <param name="cancellationToken">Cancels it on the server.</param>
    public Explainer(QueryScope scope, BoundStatement statement, IReadOnlyList<string> before, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        _frame = new StandaloneFrame(scope);
        _statement = statement;
        _before = before;
        _timeout = timeout;
        _cancellation = cancellationToken;
        _watchdog = new Watchdog(timeout ?? scope.Database.Facts.StatementTimeout, CancelAsync, () => scope.TerminateAsync(_backend));
        _steps = [Step(isTimed: false), Step(isTimed: true)];
    }

    /// <summary>Runs it once.</summary>
    /// <param name="isTimed">Each node is timed, which takes time itself.</param>
    /// <exception cref="TenantException">It failed.</exception>
    public async Task<ExplainedRun> RunAsync(bool isTimed)
    {
        var step = _steps[isTimed ? 1 : 0];
        for (var renewed = false; ;)
        {
            try
            {
                await _frame.PrepareAsync(_cancellation).ConfigureAwait(false);
                return ExplainedRun.Parse(await ReadAsync(step).ConfigureAwait(false));
            }
            catch (PostgresException e) when (step.TryOtherTyping(e))
            {
                await _frame.AbortAsync(failed: true).ConfigureAwait(false);
            }
            catch (PostgresException e) when (!renewed && e.SqlState is "TN001" or "TN004")
            {
                renewed = true;
                if (!await _frame.RenewAsync(_cancellation).ConfigureAwait(false))
                {
                    throw await TranslateAsync(e).ConfigureAwait(false);
                }
            }
            catch (Exception) when (_watchdog.HasFired)
            {
                throw new TenantException(
                    "StatementTimeout",
                    TenantErrorKind.Timeout,
                    $"The query ran on past its limit of {_watchdog.Limit.TotalSeconds:0.###} s and was ended from here. Raise the limit with -Timeout or Connect-TenantDatabase -StatementTimeout, or look at what the query calls.")
                {
                    Tenant = _frame.Scope.Tenant,
                    Target = _frame.Scope.Tenant,
                };
            }
            catch (Exception e) when (ServerErrors.IsOurs(e))
            {
                throw await TranslateAsync(step.TypingError ?? e).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _frame.ReleaseAsync().ConfigureAwait(false);
    }

    private ValueTask<TenantException> TranslateAsync(Exception exception) => QueryErrors.TranslateAsync(exception, null, _frame.Scope, (_timeout, Stopwatch.GetElapsedTime(_sentAt)));

    private async ValueTask CancelAsync()
    {
        if (_running is { } batch)
        {
            // The driver asks over a connection of its own, which it makes without a way to await it.
            await Task.Run(batch.Cancel).ConfigureAwait(false);
        }
    }

    private async Task<string> ReadAsync(StatementStep step)
    {
        _sentAt = Stopwatch.GetTimestamp();
        _backend = Backend.Of(_frame.Connection);
        await using var batch = new NpgsqlBatch(_frame.Connection);
        var (begin, results) = _frame.Begin(readOnly: _before.Count == 0, _timeout);
        foreach (var command in begin)
        {
            batch.BatchCommands.Add(command);
        }

        foreach (var sql in _before)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql));
        }

        batch.BatchCommands.Add(step.ToBatchCommand());
        _running = batch;
        string json;
        try
        {
            // What the query calls may lift the server's own limit.
            json = await _watchdog.GuardAsync(ReadAsync(batch, results), 1).ConfigureAwait(false);
        }
        finally
        {
            _running = null;
        }

        await _frame.AbortAsync(failed: false).ConfigureAwait(false);
        return json;
    }

    private async Task<string> ReadAsync(NpgsqlBatch batch, int results)
    {
        await using var reader = await batch.ExecuteReaderAsync(_cancellation).ConfigureAwait(false);
        for (; results > 0; results--)
        {
            await reader.NextResultAsync(_cancellation).ConfigureAwait(false);
        }

        await reader.ReadAsync(_cancellation).ConfigureAwait(false);
        return reader.GetString(0);
    }

    private StatementStep Step(bool isTimed)
    {
        var sql = $"explain (analyze, verbose, buffers, timing {(isTimed ? "on" : "off")}, format json) {_statement.Sql}";
        return new StatementStep(
            new BoundStatement(StatementSplitter.Split(sql)[0], sql, _statement.Parameters, []), ShapeCache.Of(_frame.Scope.Database));
    }
}
