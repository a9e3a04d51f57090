using System.Diagnostics;
using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Errors;
using Tenants.Engine.Queries.Running;

namespace Tenants.Engine.Importing;

/// <summary>The transaction that an import runs in: how it begins, what it runs, how it ends.</summary>
internal sealed class ImportConnection : IAsyncDisposable
{
    private const string Savepoint = "tenants_import";

    private static readonly TimeSpan LongestSearch = TimeSpan.FromSeconds(10);

    private readonly TransactionFrame _frame;
    private readonly ImportOptions _options;
    private readonly CancellationToken _beginning;
    private readonly CancellationToken _cancellation;
    private readonly Watchdog _watchdog;
    private NpgsqlBatch? _running;
    private NpgsqlConnection? _listened;
    private Backend _backend;
    private long _sentAt;
    private bool _hasBegun;
    private bool _isOver;

    public ImportConnection(TransactionFrame frame, ImportOptions options, CancellationToken beginning, CancellationToken cancellationToken)
    {
        _beginning = beginning;
        _frame = frame;
        _options = options;
        _cancellation = cancellationToken;
        _watchdog = new Watchdog(options.Timeout ?? frame.Scope.Database.Facts.StatementTimeout, CancelAsync, () => frame.Scope.TerminateAsync(_backend));
    }

    /// <summary>As whom it runs.</summary>
    public QueryScope Scope => _frame.Scope;

    /// <summary>The user began the transaction: it is not committed here.</summary>
    public bool IsExplicit => _frame.IsExplicit;

    /// <summary>Begins the transaction; the tenant is checked by it. Nothing else was sent yet, so a connection or key that is no longer good is replaced.</summary>
    public async ValueTask BeginAsync()
    {
        for (var (renewed, replaced) = (false, false); !_hasBegun;)
        {
            try
            {
                await _frame.PrepareAsync(_beginning).ConfigureAwait(false);
                Listen();
                _backend = Backend.Of(_frame.Connection);
                await RunAsync([.. _frame.Begin(readOnly: false, _options.Timeout).Commands, new NpgsqlBatchCommand($"savepoint {Savepoint}")], _beginning).ConfigureAwait(false);
                _hasBegun = true;
            }
            catch (PostgresException e) when (!_frame.IsExplicit && !renewed && e.SqlState is "TN001" or "TN004" or PostgresErrorCodes.UndefinedObject)
            {
                renewed = true;
                StopListening();
                _backend = default;
                if (!await _frame.RenewAsync(_beginning).ConfigureAwait(false))
                {
                    throw;
                }
            }
            catch (Exception e) when (!_frame.IsExplicit && !replaced && ServerErrors.IsBroken(e) && !_beginning.IsCancellationRequested)
            {
                replaced = true;
                StopListening();
                _backend = default;
                if (!await _frame.ReplaceConnectionAsync(_beginning).ConfigureAwait(false))
                {
                    throw;
                }
            }
        }
    }

    /// <summary>The batch that the server refused; null where none was at fault.</summary>
    public ImportBatch? Refused { get; private set; }

    /// <summary>Inserts the rows of a load.</summary>
    /// <returns>How many the server took.</returns>
    public async Task<int> InsertAsync(ImportLoad load)
    {
        // Outside of the transaction the connection is the session's own login's, whom no policy may bind.
        ObjectDisposedException.ThrowIf(_isOver || !_hasBegun, this);
        await using var command = new NpgsqlBatch(_frame.Connection);
        foreach (var batch in load.Batches)
        {
            command.BatchCommands.Add(batch.ToCommand(0, batch.Count));
        }

        _running = command;
        _sentAt = Stopwatch.GetTimestamp();
        try
        {
            return await _watchdog.GuardAsync(command.ExecuteNonQueryAsync(_cancellation), load.Batches.Count).ConfigureAwait(false);
        }
        catch (PostgresException)
        {
            // The first that the server did not report as done.
            var done = 0;
            while (done < load.Batches.Count && command.BatchCommands[done].StatementType != StatementType.Unknown)
            {
                done++;
            }

            Refused = done < load.Batches.Count ? load.Batches[done] : null;
            throw;
        }
        finally
        {
            _running = null;
        }
    }

    /// <summary>Commits; in a transaction of the user's it only lets go of what was kept for undoing the import.</summary>
    public async ValueTask CommitAsync()
    {
        await RunAsync([new NpgsqlBatchCommand($"release savepoint {Savepoint}"), .. _frame.End()], _cancellation).ConfigureAwait(false);
        _isOver = true;
        _frame.Completed();
        StopListening();
        await _frame.ReleaseAsync().ConfigureAwait(false);
    }

    /// <summary>Finds the object that the server refused, unless that takes too long. The transaction is left failed.</summary>
    /// <exception cref="OperationCanceledException">It took too long, or was stopped.</exception>
    public async ValueTask<(int Row, string? Column)?> FindFaultAsync(ImportBatch batch, PostgresException error)
    {
        // The same rows are tried again and again: what their triggers say was said.
        StopListening();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_cancellation);
        limit.CancelAfter(_watchdog.Limit > TimeSpan.Zero && _watchdog.Limit < LongestSearch ? _watchdog.Limit : LongestSearch);
        var found = await ImportFault.FindAsync(_frame.Connection, Savepoint, batch, error, limit.Token).ConfigureAwait(false);
        if (_frame.IsExplicit)
        {
            // As after any statement that fails in it: what the user sends next must not pass for the whole.
            await CleanUp.TryAsync(_frame.Connection, $"rollback to savepoint {Savepoint}; do $$begin raise exception using errcode = '25P02'; end$$").ConfigureAwait(false);
        }

        return found;
    }

    /// <summary>Says of an error what the transaction knows.</summary>
    public async ValueTask<TenantException> TranslateAsync(Exception exception) =>
        _frame.Explain(await QueryErrors.TranslateAsync(exception, null, Scope, (_options.Timeout, Stopwatch.GetElapsedTime(_sentAt))).ConfigureAwait(false));

    /// <summary>The error where a batch had lifted its limit and was ended from here; else null.</summary>
    public TenantException? OutrunLimit => !_watchdog.HasFired ? null : new TenantException(
        "StatementTimeout",
        TenantErrorKind.Timeout,
        $"A batch ran on past its limit of {_watchdog.Limit.TotalSeconds:0.###} s and was ended from here. Raise the limit with -Timeout or Connect-TenantDatabase -StatementTimeout, or look at the table's triggers.")
    {
        Tenant = Scope.Tenant,
        Target = Scope.Tenant,
    };

    /// <summary>Undoes what was done, and gives the connection back.</summary>
    /// <param name="failed">After an error; false if it was stopped.</param>
    public async ValueTask AbortAsync(bool failed)
    {
        if (_isOver)
        {
            return;
        }

        _isOver = true;
        StopListening();
        if (_backend != default && _frame.Connection.State != System.Data.ConnectionState.Open)
        {
            // Broken without an answer, a statement may run on.
            await Scope.TerminateAsync(_backend).ConfigureAwait(false);
        }

        if (_backend != default)
        {
            // Cut off before its savepoint stood, it must not go back to one that an earlier statement left in the user's transaction.
            await _frame.AbortAsync(failed || !_hasBegun).ConfigureAwait(false);
        }

        await _frame.ReleaseAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => AbortAsync(failed: false);

    private async Task RunAsync(IReadOnlyList<NpgsqlBatchCommand> commands, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(_frame.Connection);
        foreach (var command in commands)
        {
            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask CancelAsync()
    {
        if (_running is { } batch)
        {
            // The driver asks over a connection of its own, which it makes without a way to await it.
            await Task.Run(batch.Cancel).ConfigureAwait(false);
        }
    }

    private void Listen()
    {
        if (_options.OnNotice is not null && _listened != _frame.Connection)
        {
            _listened = _frame.Connection;
            _listened.Notice += Tell;
        }
    }

    private void StopListening()
    {
        if (_listened is { } connection)
        {
            connection.Notice -= Tell;
            _listened = null;
        }
    }

    private void Tell(object sender, NpgsqlNoticeEventArgs e) =>
        _options.OnNotice!.Invoke(new ServerNotice(e.Notice.InvariantSeverity, e.Notice.SqlState, e.Notice.MessageText));
}
