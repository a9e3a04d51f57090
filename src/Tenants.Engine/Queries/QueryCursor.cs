using Tenants.Engine.Queries.Records;
using Tenants.Engine.Queries.Results;
using Tenants.Engine.Queries.Running;

namespace Tenants.Engine.Queries;

/// <summary>
/// A query as it runs: its results one after the other, their rows as they come. Rows of a statement that writes are committed
/// after the last one was read; disposed of before that, the query is cancelled on the server and undone.
/// </summary>
public sealed class QueryCursor : IAsyncDisposable
{
    private readonly QueryRun _run;
    private readonly QueryRecovery _recovery;
    private readonly QueryFailure _failure;
    private ResultReader? _result;
    private ResultReader? _unread;
    private object?[] _row = [];
    private bool _finished;
    private bool _disposed;

    internal QueryCursor(TransactionFrame frame, Query query, QueryOptions options, CancellationToken cancellationToken)
    {
        _run = new QueryRun(frame, query, options, cancellationToken);
        _recovery = new QueryRecovery(_run);
        _failure = new QueryFailure(_run);
    }

    /// <summary>The columns of the current result.</summary>
    public IReadOnlyList<QueryColumn> Columns => _result?.Columns ?? [];

    /// <summary>The values of the current row; null for NULL. Each row has an array of its own, made when it is asked for.</summary>
    public IReadOnlyList<object?> Row
    {
        get
        {
            if (_unread is { } result)
            {
                _unread = null;
                _row = result.ReadRow();
            }

            return _row;
        }
    }

    /// <summary>How many rows the statements changed that returned none.</summary>
    public long RecordsAffected => _run.RecordsAffected;

    /// <summary>Makes the rows of the current result objects that have its columns as properties: faster and smaller than <see cref="Row"/>.</summary>
    /// <param name="tenant">The tenant that each object names in its first property; null for none.</param>
    /// <returns>Null where a name stands in the way, or the process has met too many shapes to make a class of each; then there is <see cref="Row"/>.</returns>
    public RecordReader? GetRecords(string? tenant) => _result is { } result ? RecordReader.Create(result, tenant) : null;

    /// <summary>True once something of it was sent: what fails before that failed to connect.</summary>
    internal bool IsSent => _run.Statements.HasBegun;

    /// <summary>Goes to the next result; the first call sends the query. Statements that return no rows have no result.</summary>
    /// <returns>False when all statements have run and are committed.</returns>
    /// <exception cref="TenantException">The query failed; it is undone.</exception>
    public async ValueTask<bool> NextResultAsync()
    {
        ThrowIfDisposed();
        _result = _unread = null;
        while (!_finished)
        {
            try
            {
                _result = await _run.AdvanceAsync().ConfigureAwait(false);
                if (_result is not null)
                {
                    _recovery.Forbid();
                    _run.Notices.Release();
                    return true;
                }

                _finished = true;
                await _run.CompleteAsync().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                if (_finished || !await _recovery.TryAsync(e).ConfigureAwait(false))
                {
                    throw await FailAsync(e).ConfigureAwait(false);
                }
            }
        }

        return false;
    }

    /// <summary>Reads the next row of the current result.</summary>
    /// <returns>False after the last one.</returns>
    /// <exception cref="TenantException">The query failed; it is undone.</exception>
    public ValueTask<bool> ReadAsync()
    {
        ThrowIfDisposed();
        if (_result is null)
        {
            return ValueTask.FromResult(false);
        }

        // Nearly every row lies in the driver's buffer already.
        var reading = _result.Driver.ReadAsync(_run.Cancellation);
        return reading.IsCompletedSuccessfully ? ValueTask.FromResult(Take(reading.Result)) : ReadSlowlyAsync(reading);
    }

    /// <summary>Ends it: what still runs is cancelled on the server and undone.</summary>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        _unread = null;
        if (!_finished)
        {
            _finished = true;
            await _failure.StopAsync().ConfigureAwait(false);
        }

        await _run.ReleaseAsync().ConfigureAwait(false);
    }

    private void ThrowIfDisposed()
    {
        if (_disposed)
        {
            throw new TenantException("SessionClosed", TenantErrorKind.InvalidState, "The session was removed while its query was still being read.");
        }
    }

    private async ValueTask<bool> ReadSlowlyAsync(Task<bool> reading)
    {
        try
        {
            return Take(await _run.Watchdog.GuardAsync(reading, statements: 1).ConfigureAwait(false));
        }
        catch (Exception e)
        {
            throw await FailAsync(e).ConfigureAwait(false);
        }
    }

    private bool Take(bool isThere)
    {
        _result = _unread = isThere ? _result : null;
        return isThere;
    }

    private ValueTask<Exception> FailAsync(Exception exception)
    {
        _finished = true;
        _result = _unread = null;
        return _failure.ExplainAsync(exception);
    }
}
