using System.Data.Common;
using System.Diagnostics;
using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Errors;
using Tenants.Engine.Queries.Results;
using Tenants.Engine.Queries.Running;

namespace Tenants.Engine.Queries;

/// <summary>
/// A query as it runs: its results one after the other, their rows as they come. Rows of a statement that writes are committed
/// after the last one was read; disposed of before that, the query is cancelled on the server and undone.
/// </summary>
public sealed class QueryCursor : IAsyncDisposable
{
    private const int MaxAttempts = 12;

    private readonly TransactionFrame _frame;
    private readonly IReadOnlyList<StatementStep> _steps;
    private readonly QueryOptions _options;
    private readonly CancellationToken _cancellation;
    private readonly NoticeBuffer _notices;
    private readonly Watchdog _watchdog;
    private NpgsqlConnection? _listened;
    private QueryUnit? _unit;
    private ResultReader? _result;
    private object?[] _row = [];
    private Backend _backend;
    private long _sentAt;
    private int _next;
    private int _attempts;
    private bool _begun;
    private bool _ended;
    private bool _emitted;
    private bool _renewed;
    private bool _finished;
    private bool _disposed;

    internal QueryCursor(TransactionFrame frame, Query query, QueryOptions options, CancellationToken cancellationToken)
    {
        _frame = frame;
        _options = options;
        _cancellation = cancellationToken;
        _notices = new NoticeBuffer(options.OnNotice);
        _watchdog = new Watchdog(
            options.Timeout ?? frame.Scope.Database.Facts.StatementTimeout,
            () => _unit?.CancelAsync() ?? ValueTask.CompletedTask,
            () => frame.Scope.TerminateAsync(_backend));
        var cache = ShapeCache.Of(frame.Scope.Database);
        _steps = [.. query.Statements.Select(s => new StatementStep(s, cache))];
    }

    /// <summary>The columns of the current result.</summary>
    public IReadOnlyList<QueryColumn> Columns => _result?.Columns ?? [];

    /// <summary>The values of the current row; null for NULL. Each row has an array of its own.</summary>
    public IReadOnlyList<object?> Row => _row;

    /// <summary>How many rows the statements changed that returned none.</summary>
    public long RecordsAffected { get; private set; }

    /// <summary>True once something of it was sent: what fails before that failed to connect.</summary>
    internal bool IsSent => _begun;

    /// <summary>Goes to the next result; the first call sends the query. Statements that return no rows have no result.</summary>
    /// <returns>False when all statements have run and are committed.</returns>
    /// <exception cref="TenantException">The query failed; it is undone.</exception>
    public async ValueTask<bool> NextResultAsync()
    {
        ThrowIfDisposed();
        while (!_finished)
        {
            try
            {
                if (await AdvanceAsync().ConfigureAwait(false))
                {
                    _emitted = true;
                    _notices.Release();
                    return true;
                }

                await FinishAsync().ConfigureAwait(false);
            }
            catch (Exception e)
            {
                if (!await RecoverAsync(e).ConfigureAwait(false))
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
        if (_unit is null || _result is null)
        {
            return ValueTask.FromResult(false);
        }

        // Nearly every row lies in the driver's buffer already.
        var reading = _unit.Reader.ReadAsync(_cancellation);
        return reading.IsCompletedSuccessfully ? ValueTask.FromResult(TakeRow(reading.Result)) : ReadSlowlyAsync(reading);
    }

    /// <summary>Ends it: what still runs is cancelled on the server and undone.</summary>
    public async ValueTask DisposeAsync()
    {
        _disposed = true;
        if (!_finished)
        {
            _finished = true;
            await StopAsync().ConfigureAwait(false);
        }

        StopListening();
        await _frame.ReleaseAsync().ConfigureAwait(false);
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
            return TakeRow(await _watchdog.GuardAsync(reading, statements: 1).ConfigureAwait(false));
        }
        catch (Exception e)
        {
            throw await FailAsync(e).ConfigureAwait(false);
        }
    }

    private bool TakeRow(bool there)
    {
        if (there)
        {
            _row = _result!.ReadRow(_unit!.Reader);
        }
        else
        {
            _result = null;
        }

        return there;
    }

    /// <summary>Runs on until there is a result, or the end.</summary>
    private async ValueTask<bool> AdvanceAsync()
    {
        _result = null;
        await _frame.PrepareAsync(_cancellation).ConfigureAwait(false);
        Listen();
        while (true)
        {
            if (_unit is not null)
            {
                if (await _watchdog.GuardAsync(_unit.NextResultAsync(_cancellation).AsTask(), _unit.Count).ConfigureAwait(false))
                {
                    _result = ResultReader.Create(_unit.Reader, _unit.TextColumns);
                    return _result is not null ? true : throw new UnreadableResultException(ResultReader.FindTextColumns(_unit.Reader)!);
                }

                await CloseUnitAsync().ConfigureAwait(false);
            }

            if (await NextUnitAsync().ConfigureAwait(false) is not { } unit)
            {
                return false;
            }

            _unit = unit;
            _backend = Backend.Of(_frame.Connection);
            _sentAt = Stopwatch.GetTimestamp();
            await _watchdog.GuardAsync(unit.ExecuteAsync(_cancellation), unit.Count).ConfigureAwait(false);
        }
    }

    /// <summary>What goes to the server next, or null at the end.</summary>
    private async ValueTask<QueryUnit?> NextUnitAsync()
    {
        if (_ended)
        {
            return null;
        }

        var unit = new QueryUnit(_frame.Connection);
        var single = _steps.Count == 1 ? _steps[0] : null;
        if (!_begun && !_frame.IsExplicit && single is { IsRead: true, Shape.TextColumns: null })
        {
            // Whatever becomes of it, a transaction that only reads has one outcome: its COMMIT may go along.
            Begin(unit, readOnly: true);
            unit.Add(single);
            _next = 1;
            return End(unit);
        }

        if (!_begun && _steps[0].NeedsDescription)
        {
            return Begin(unit, single is { IsRead: true });
        }

        if (_next == _steps.Count)
        {
            return End(unit);
        }

        await DescribeAsync(_steps[_next]).ConfigureAwait(false);
        return _steps[_next].Shape.TextColumns is null ? Batch(unit) : Text(unit);
    }

    /// <summary>As many statements as fit into one pipeline: up to the first that returns rows.</summary>
    private QueryUnit Batch(QueryUnit unit)
    {
        if (!_begun)
        {
            Begin(unit, _steps is [{ IsRead: true }]);
        }

        do
        {
            var step = _steps[_next++];
            unit.Add(step);
            if (step.ReturnsRows)
            {
                return unit;
            }
        }
        while (_next < _steps.Count && !_steps[_next].NeedsDescription && _steps[_next].Shape.TextColumns is null && !_steps[_next].ReturnsRows);

        return _next == _steps.Count ? End(unit) : unit;
    }

    private QueryUnit Text(QueryUnit unit)
    {
        var step = _steps[_next];
        if (!_begun)
        {
            return Begin(unit, step.IsRead && _steps.Count == 1);
        }

        _next++;
        unit.Alone(step);
        return unit;
    }

    private QueryUnit Begin(QueryUnit unit, bool readOnly)
    {
        var (commands, results) = _frame.Begin(readOnly || _options.ReadOnly, _options.Timeout);
        unit.AddPreamble(commands, results);
        unit.IsFirst = true;
        _begun = true;
        return unit;
    }

    private QueryUnit End(QueryUnit unit)
    {
        unit.AddEnd(_frame.End());
        _ended = true;
        return unit;
    }

    /// <summary>Asks the server for the statement's columns, and finds out how its texts are to be declared.</summary>
    private async ValueTask DescribeAsync(StatementStep step)
    {
        if (!step.NeedsDescription && !(_frame.IsExplicit && step.Shape.TextColumns is not null))
        {
            return;
        }

        const string Savepoint = "tenants_description";
        await RunAsync([$"savepoint {Savepoint}"]).ConfigureAwait(false);
        while (true)
        {
            try
            {
                await using var command = step.ToCommand(_frame.Connection);
                command.UnknownResultTypeList = null;
                await using var reader = await command.ExecuteReaderAsync(System.Data.CommandBehavior.SchemaOnly, _cancellation).ConfigureAwait(false);
                step.Learn(step.Shape with { TextColumns = ResultReader.FindTextColumns(reader), Described = true });
                break;
            }
            catch (PostgresException e) when (step.TryOtherTyping(e))
            {
                await RunAsync([$"rollback to savepoint {Savepoint}"]).ConfigureAwait(false);
            }
            catch (PostgresException e)
            {
                throw new StepException(step, e);
            }
        }

        await RunAsync([$"release savepoint {Savepoint}"]).ConfigureAwait(false);
    }

    private async ValueTask RunAsync(IEnumerable<string> statements)
    {
        await using var batch = new NpgsqlBatch(_frame.Connection);
        foreach (var statement in statements)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(statement));
        }

        if (batch.BatchCommands.Count > 0)
        {
            await batch.ExecuteNonQueryAsync(_cancellation).ConfigureAwait(false);
        }
    }

    private async ValueTask CloseUnitAsync()
    {
        var unit = _unit!;
        _unit = null;
        await unit.DisposeAsync().ConfigureAwait(false);
        RecordsAffected += unit.RecordsAffected;
    }

    private async ValueTask FinishAsync()
    {
        _finished = true;
        _frame.Completed();
        _notices.Release();
        StopListening();

        // The connection is free again before the caller asks for anything else.
        await _frame.ReleaseAsync().ConfigureAwait(false);
    }

    /// <summary>Undoes the attempt and makes ready for another, if the failure comes from what was not known of a statement or a connection.</summary>
    private async ValueTask<bool> RecoverAsync(Exception exception)
    {
        if (_emitted || _frame.IsExplicit || _watchdog.HasFired || _cancellation.IsCancellationRequested || ++_attempts > MaxAttempts)
        {
            return false;
        }

        var step = _unit?.StepOf(exception);

        // Nothing that writes was sent; or the server said goodbye before it answered to anything: then it read nothing of it.
        var wasUntouched = _unit is null
            ? !_begun
            : _steps.Take(_next).All(s => s.IsRead) || (exception is PostgresException && _unit is { IsFirst: true, IsAnswered: false });
        switch (exception)
        {
            case UnreadableResultException unreadable:
                _unit!.LastStep!.Learn(_unit.LastStep.Shape with { TextColumns = unreadable.TextColumns, Described = true });
                break;
            case PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } when step is { IsRead: true } && !_options.ReadOnly:
                step.Learn(step.Shape with { Writes = true });
                break;

            // Described one at a time, it shows which column has no binary form.
            case PostgresException error when HasNoBinaryForm(error) && step is { IsRead: true, Shape.TextColumns: null }:
                step.Learn(step.Shape with { Writes = true, Described = false });
                break;

            // The result has other columns than it had.
            case PostgresException { SqlState: PostgresErrorCodes.ProtocolViolation } when step?.Shape.TextColumns is not null:
                step.Learn(step.Shape with { TextColumns = null, Described = false });
                break;
            case PostgresException typing when step is not null && step.TryOtherTyping(typing):
                break;
            // The tenant could not be entered: the login vanished, its key was replaced, the clock was misjudged. Nothing else ran.
            case PostgresException { SqlState: "TN001" or "TN004" or PostgresErrorCodes.UndefinedObject } when _unit is { IsFirst: true, IsAnswered: false } && !_renewed:
                _renewed = true;
                await DropUnitAsync().ConfigureAwait(false);
                StopListening();
                _backend = default;
                if (!await _frame.RenewAsync(_cancellation).ConfigureAwait(false))
                {
                    return false;
                }

                Restart();
                return true;
            case DbException or IOException when wasUntouched && ConnectionBroke(exception):
                await DropUnitAsync().ConfigureAwait(false);
                StopListening();
                _backend = default;
                if (!await _frame.ReplaceConnectionAsync(_cancellation).ConfigureAwait(false))
                {
                    return false;
                }

                Restart();
                return true;
            default:
                return false;
        }

        await DropUnitAsync().ConfigureAwait(false);
        await _frame.AbortAsync(failed: true).ConfigureAwait(false);
        Restart();
        return true;
    }

    // The names of the server's routines are never translated. An array or a record finds out only when it is sent.
    private static bool HasNoBinaryForm(PostgresException error) =>
        error.SqlState == PostgresErrorCodes.UndefinedFunction
        && (error.Routine == "getTypeBinaryOutputInfo" || error.Routine?.EndsWith("_send", StringComparison.Ordinal) == true
            || error.Routine?.EndsWith("_io_data", StringComparison.Ordinal) == true);

    private bool ConnectionBroke(Exception exception) =>
        ServerErrors.IsBroken(exception) && (exception is PostgresException || _frame.Connection.State != System.Data.ConnectionState.Open);

    private void Restart()
    {
        _next = 0;
        _begun = _ended = false;
        RecordsAffected = 0;
        _notices.Clear();
    }

    private async ValueTask<Exception> FailAsync(Exception exception)
    {
        _finished = true;
        _notices.Release();
        var step = exception is StepException of ? of.Step : _unit?.StepOf(exception);
        var cause = exception is StepException { InnerException: { } inner } ? inner : exception;
        if (step is { TypingError: { } first } && cause is PostgresException { SqlState: ['4', '2', ..] })
        {
            cause = first;
        }

        await DropUnitAsync().ConfigureAwait(false);
        StopListening();
        var runsOn = (_watchdog.HasFired || _cancellation.IsCancellationRequested) && !await EndBackendAsync().ConfigureAwait(false);
        if (_begun)
        {
            await _frame.AbortAsync(failed: true).ConfigureAwait(false);
        }

        await _frame.ReleaseAsync().ConfigureAwait(false);
        if (_watchdog.HasFired && !_cancellation.IsCancellationRequested && (cause is OperationCanceledException || ServerErrors.IsOurs(cause)))
        {
            return new TenantException(
                "StatementTimeout",
                TenantErrorKind.Timeout,
                $"The statement ran on past its limit of {_watchdog.Limit.TotalSeconds:0.###} s, which it had lifted, and {(runsOn ? RunsOn : "was ended from here. It is undone.")} Raise the limit with -Timeout or Connect-TenantDatabase -StatementTimeout, or make it faster.")
            {
                Tenant = _frame.Scope.Tenant,
                Target = _frame.Scope.Tenant,
            };
        }

        if (cause is OperationCanceledException || (_cancellation.IsCancellationRequested && ServerErrors.IsOurs(cause)))
        {
            return new OperationCanceledException(runsOn ? $"The query was cancelled, and {RunsOn}" : "The query was cancelled.", cause is OperationCanceledException ? null : cause, _cancellation);
        }

        if (cause is UnreadableResultException)
        {
            return new TenantException(
                "ResultTypeNotReadable", TenantErrorKind.NotSupported, "A column has a type that changed since the statement ran last. Run it again, or cast the column to text: column::text.");
        }

        return ServerErrors.IsOurs(cause) && cause is not TenantException
            ? _frame.Explain(await QueryErrors.TranslateAsync(cause, step?.Statement, _frame.Scope, (_options.Timeout, Stopwatch.GetElapsedTime(_sentAt))).ConfigureAwait(false))
            : cause;
    }

    private async ValueTask StopAsync()
    {
        if (!_begun)
        {
            return;
        }

        if (_unit is not null)
        {
            await _unit.CancelAsync().ConfigureAwait(false);
        }

        // Sent in one go with its COMMIT, a reading transaction has nothing to undo.
        var hadWritten = !_ended && _steps.Take(_next).Any(s => s.MayWrite);
        await DropUnitAsync().ConfigureAwait(false);
        StopListening();
        await EndBackendAsync().ConfigureAwait(false);
        if (await _frame.AbortAsync(failed: false).ConfigureAwait(false) && hadWritten)
        {
            _options.OnNotice?.Invoke(new ServerNotice(
                "WARNING", "TN900", "The query was stopped before its last row was read: what it wrote is undone. Read all of its rows to keep it, into a variable for instance."));
        }
    }

    private string RunsOn =>
        $"does not answer to a cancel: it may still be running on the server. Have a DBA run: select pg_terminate_backend({_backend.ProcessId}); or, behind a pooler, set a query_timeout there.";

    /// <summary>After a cancel: where the connection broke without an answer, the statement may run on, so its backend is ended.</summary>
    /// <returns>False if it may still be there.</returns>
    private async ValueTask<bool> EndBackendAsync() =>
        _backend == default || _frame.Connection.State == System.Data.ConnectionState.Open || await _frame.Scope.TerminateAsync(_backend).ConfigureAwait(false);

    private async ValueTask DropUnitAsync()
    {
        if (_unit is { } unit)
        {
            _unit = null;
            await unit.DropAsync().ConfigureAwait(false);
        }
    }

    private void Listen()
    {
        if (_listened != _frame.Connection)
        {
            StopListening();
            _listened = _frame.Connection;
            _listened.Notice += _notices.Add;
        }
    }

    private void StopListening()
    {
        if (_listened is { } connection)
        {
            connection.Notice -= _notices.Add;
            _listened = null;
        }
    }
}
