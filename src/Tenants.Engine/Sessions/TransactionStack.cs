using System.Globalization;
using Npgsql;
using Tenants.Engine.Errors;
using Tenants.Engine.Queries.Running;

namespace Tenants.Engine.Sessions;

/// <summary>The open transactions of a session: the first is one of the server's, those in it are savepoints.</summary>
internal sealed class TransactionStack(OpenSession session)
{
    // Before each query that may return rows; released by whatever comes next. Each has a name of its own: a query that is cut off
    // before its savepoint stands must not go back to that of the query before, and undo it.
    private int _queries;
    private bool _hasQuerySavepoint;
    private bool _isLimited;

    /// <summary>How many are open.</summary>
    public int Depth { get; private set; }

    /// <summary>True if a statement failed: the server takes no further one.</summary>
    public bool HasFailed { get; private set; }

    private NpgsqlConnection Connection => session.Held;

    private string QuerySavepoint => string.Create(CultureInfo.InvariantCulture, $"tenants_query_{_queries}");

    private string Savepoint => string.Create(CultureInfo.InvariantCulture, $"tenants_level_{Depth}");

    /// <summary>Has the server check the tenant.</summary>
    public Task CheckAsync(CancellationToken cancellationToken) =>
        RunAsync([.. session.Scope.Reset.Begin(level: null, readOnly: true), .. session.Scope.Enter(Connection), .. Commit()], cancellationToken);

    /// <summary>Begins one.</summary>
    public async Task StartAsync(TenantIsolationLevel? level, bool readOnly, CancellationToken cancellationToken)
    {
        ThrowIfFailed();
        if (Depth > 0)
        {
            if (level is not null || readOnly)
            {
                throw new TenantException(
                    "NestedTransactionOption",
                    TenantErrorKind.InvalidArgument,
                    "A nested transaction has the isolation level of the one around it. Give -IsolationLevel and -ReadOnly to the outermost only.");
            }

            Depth++;
            await RunAsync([.. ReleaseQuerySavepoint(), new NpgsqlBatchCommand($"savepoint {Savepoint}")], cancellationToken, () => Depth--).ConfigureAwait(false);
            return;
        }

        await session.Scope.PrepareAsync(cancellationToken).ConfigureAwait(false);
        Forget();
        await RunAsync([.. session.Scope.Reset.Begin(level, readOnly), .. session.Scope.Enter(Connection)], cancellationToken).ConfigureAwait(false);
        Depth = 1;
    }

    /// <summary>Commits the innermost.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        ThrowIfNone();

        // A COMMIT would be answered with a rollback, and no error.
        ThrowIfFailed();
        if (Depth > 1)
        {
            await RunAsync([new NpgsqlBatchCommand($"release savepoint {Savepoint}")], cancellationToken).ConfigureAwait(false);
            _hasQuerySavepoint = false;
            Depth--;
            return;
        }

        // Whether it commits or fails (a deferred constraint, a conflict), it is over.
        Depth = 0;
        Forget();
        await RunAsync(Commit(), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Undoes the innermost.</summary>
    public async Task UndoAsync(CancellationToken cancellationToken)
    {
        ThrowIfNone();
        if (Depth > 1)
        {
            await RunAsync(
                [new NpgsqlBatchCommand($"rollback to savepoint {Savepoint}"), new NpgsqlBatchCommand($"release savepoint {Savepoint}")],
                cancellationToken).ConfigureAwait(false);
            _hasQuerySavepoint = false;
            HasFailed = false;
            Depth--;
            return;
        }

        Depth = 0;
        Forget();
        await RunAsync(Rollback().Select(c => new NpgsqlBatchCommand(c)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The savepoint before a query.</summary>
    public NpgsqlBatchCommand SetQuerySavepoint()
    {
        _hasQuerySavepoint = true;
        _queries++;
        return new NpgsqlBatchCommand($"savepoint {QuerySavepoint}");
    }

    /// <summary>Lets go of the savepoint of the query before.</summary>
    public IEnumerable<NpgsqlBatchCommand> ReleaseQuerySavepoint()
    {
        if (!_hasQuerySavepoint)
        {
            return [];
        }

        _hasQuerySavepoint = false;
        return [new NpgsqlBatchCommand($"release savepoint {QuerySavepoint}")];
    }

    /// <summary>The limit for the statements of a query; the next query has the session's own again.</summary>
    public IEnumerable<NpgsqlBatchCommand> Limit(TimeSpan? timeout)
    {
        if (timeout is { } limit)
        {
            // Kept in a setting of the transaction's, for SET LOCAL has no way back to what was set before.
            var remember = _isLimited
                ? ""
                : "select pg_catalog.set_config('tenants.statement_timeout', pg_catalog.current_setting('statement_timeout'), true)";
            _isLimited = true;
            var milliseconds = (int)Math.Clamp(Math.Ceiling(limit.TotalMilliseconds), 0, int.MaxValue);
            var set = string.Create(CultureInfo.InvariantCulture, $"set local statement_timeout = {milliseconds}");
            return remember.Length == 0 ? [new NpgsqlBatchCommand(set)] : [NoResult(remember), new NpgsqlBatchCommand(set)];
        }

        if (!_isLimited)
        {
            return [];
        }

        _isLimited = false;
        return [NoResult("select pg_catalog.set_config('statement_timeout', pg_catalog.current_setting('tenants.statement_timeout'), true)")];
    }

    /// <summary>Undoes the query that was stopped.</summary>
    public ValueTask<bool> UndoQueryAsync() => CleanUp.TryAsync(Connection, $"rollback to savepoint {QuerySavepoint}");

    /// <summary>Asks the server whether it still takes statements in this transaction.</summary>
    public async ValueTask FindOutWhetherFailedAsync() => HasFailed = !await CleanUp.TryAsync(Connection, "select 1").ConfigureAwait(false);

    /// <summary>Refuses to go on after a failure.</summary>
    public void ThrowIfFailed()
    {
        if (HasFailed && Depth > 0)
        {
            throw new TenantException(
                "TransactionAborted",
                TenantErrorKind.InvalidState,
                $"An earlier statement of this transaction in session {session.Id} failed, and PostgreSQL takes no further one in it, nor commits it. End it with Undo-TenantTransaction; nested, only the inner part is undone.")
            {
                SqlState = PostgresErrorCodes.InFailedSqlTransaction,
                Tenant = session.Tenant,
                Target = session,
            };
        }
    }

    // A DO block gives no result, so that it need not be passed over.
    private static NpgsqlBatchCommand NoResult(string select) =>
        new($"do $tenants$ begin perform {select["select ".Length..]}; end $tenants$");

    private IEnumerable<NpgsqlBatchCommand> Commit() =>
        session.Scope.Reset.EndsEachTransaction ? session.Scope.Reset.End() : [new NpgsqlBatchCommand("commit")];

    private string[] Rollback() => session.Scope.Reset.EndsEachTransaction ? session.Scope.Reset.Undo() : ["rollback"];

    private void ThrowIfNone()
    {
        if (Depth == 0)
        {
            throw new TenantException(
                "NoTransaction", TenantErrorKind.InvalidState, $"No transaction is open in session {session.Id}. Begin one with Start-TenantTransaction.")
            {
                Tenant = session.Tenant,
                Target = session,
            };
        }
    }

    private void Forget()
    {
        HasFailed = false;
        _hasQuerySavepoint = false;
        _isLimited = false;
    }

    private async Task RunAsync(IEnumerable<NpgsqlBatchCommand> commands, CancellationToken cancellationToken, Action? onError = null)
    {
        try
        {
            await using var batch = new NpgsqlBatch(Connection);
            foreach (var command in commands)
            {
                batch.BatchCommands.Add(command);
            }

            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            onError?.Invoke();
            if (session.IsLost)
            {
                throw session.Lost();
            }

            await SettleAsync().ConfigureAwait(false);
            throw await QueryErrors.TranslateAsync(e, null, session.Scope).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            onError?.Invoke();
            await SettleAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async ValueTask SettleAsync()
    {
        if (Depth == 0)
        {
            await CleanUp.RunAsync(Connection, Rollback()).ConfigureAwait(false);
            return;
        }

        await FindOutWhetherFailedAsync().ConfigureAwait(false);
    }
}
