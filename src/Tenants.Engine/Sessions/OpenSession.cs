using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Errors;
using Tenants.Engine.Queries;
using Tenants.Engine.Queries.Running;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Sessions;

/// <summary>
/// One connection held for one tenant. What SET, temporary tables and cursors leave there stays for the next query; the
/// tenant's context is made anew in each transaction.
/// </summary>
public sealed class OpenSession : TenantSession, IAsyncDisposable
{
    private static int s_lastId;

    private readonly NpgsqlConnection _connection;
    private readonly QueryScope _scope;

    // The login that was made for this session.
    private readonly IAsyncDisposable? _owned;
    private IAsyncDisposable? _running;
    private int _busy;
    private bool _closed;

    private OpenSession(QueryScope scope, NpgsqlConnection connection, TenantTrust trust, IAsyncDisposable? owned)
    {
        _owned = owned;
        _scope = scope;
        _connection = connection;
        Trust = trust;
        ProcessId = connection.ProcessID;
        Transactions = new TransactionStack(this);
    }

    /// <inheritdoc/>
    public override int Id { get; } = Interlocked.Increment(ref s_lastId);

    /// <inheritdoc/>
    public override string Tenant => _scope.Tenant!;

    /// <inheritdoc/>
    public override int TransactionDepth => Transactions.Depth;

    /// <inheritdoc/>
    public override TenantTrust Trust { get; }

    /// <inheritdoc/>
    public override TenantConnection Connection => _scope.Database;

    /// <inheritdoc/>
    public override int ProcessId { get; }

    /// <inheritdoc/>
    public override DateTime OpenedAt { get; } = DateTime.Now;

    /// <inheritdoc/>
    public override TenantSessionState State =>
        _closed ? TenantSessionState.Closed
        : IsLost ? TenantSessionState.Lost
        : _busy != 0 ? TenantSessionState.Busy
        : Transactions.HasFailed ? TenantSessionState.Failed
        : Transactions.Depth > 0 ? TenantSessionState.InTransaction
        : TenantSessionState.Idle;

    internal TransactionStack Transactions { get; }

    internal NpgsqlConnection Held => _connection;

    internal QueryScope Scope => _scope;

    internal bool IsLost => !_closed && _connection.State != System.Data.ConnectionState.Open;

    /// <summary>Opens a session.</summary>
    /// <param name="database">The database.</param>
    /// <param name="tenant">Whose session it becomes.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>TenantNotFound</c>, <c>TenantClosed</c>, <c>InvalidTenant</c>, and what connecting throws.</exception>
    public static async Task<OpenSession> OpenAsync(TenantDatabase database, string tenant, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        var scope = await TenantQueries.ScopeAsync(database, tenant, cancellationToken).ConfigureAwait(false);
        var common = await database.GetIsolationAsync(cancellationToken).ConfigureAwait(false);
        var isolation = await common.ForSessionAsync(scope.TenantId, cancellationToken).ConfigureAwait(false);
        OpenSession session;
        try
        {
            scope = new QueryScope(database, scope.TenantId, isolation);
            await scope.PrepareAsync(cancellationToken).ConfigureAwait(false);
            var connection = await scope.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            session = new OpenSession(scope, connection, isolation.Trust, ReferenceEquals(isolation, common) ? null : isolation);
        }
        catch when (!ReferenceEquals(isolation, common))
        {
            await isolation.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        try
        {
            // Whether there is such a tenant, the server says.
            await session.Transactions.CheckAsync(cancellationToken).ConfigureAwait(false);
            database.Adopt(session);
            return session;
        }
        catch
        {
            await session.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Runs a query in the session: in its open transaction, or in one of its own. Nothing is sent before the first result is asked for.</summary>
    /// <param name="query">The query.</param>
    /// <param name="options">How it is run.</param>
    /// <param name="cancellationToken">Cancels it on the server.</param>
    /// <exception cref="TenantException"><c>SessionBusy</c>, <c>SessionClosed</c>, <c>SessionLost</c>, <c>TransactionAborted</c>.</exception>
    public QueryCursor Run(Query query, QueryOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(options);
        return Begin(query.MayReturnRows, frame => new QueryCursor(frame, query, options, cancellationToken));
    }

    /// <summary>Begins a transaction, or within one a nested one (a savepoint).</summary>
    /// <param name="level">How much it sees of others; only for the outermost.</param>
    /// <param name="readOnly">It may not write; only for the outermost.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task StartTransactionAsync(TenantIsolationLevel? level, bool readOnly, CancellationToken cancellationToken = default) =>
        LockedAsync(() => Transactions.StartAsync(level, readOnly, cancellationToken));

    /// <summary>Commits the innermost open transaction; a nested one becomes part of the one around it.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    public Task CompleteTransactionAsync(CancellationToken cancellationToken = default) =>
        LockedAsync(() => Transactions.CompleteAsync(cancellationToken));

    /// <summary>Undoes the innermost open transaction.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    public Task UndoTransactionAsync(CancellationToken cancellationToken = default) =>
        LockedAsync(() => Transactions.UndoAsync(cancellationToken));

    /// <summary>Closes it: what is open is undone, its query is cancelled, its connection is cleaned. Doing it twice does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        _scope.Database.Release(this);
        if (_busy != 0 && _running is { } running)
        {
            await running.DisposeAsync().ConfigureAwait(false);
        }

        if (_owned is null)
        {
            await CleanUp.RunAsync(_connection, _scope.Reset.Undo()).ConfigureAwait(false);
            if (_connection.State == System.Data.ConnectionState.Open && _scope.Reset.Closes(_connection))
            {
                ConnectionLender.CloseAfterUse(_connection);
            }
        }

        try
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            // It was broken.
        }

        if (_owned is not null)
        {
            // Its login goes with the session, and its connection was never anybody else's.
            await _owned.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Has something run in the session's open transaction, or in one of its own; the session is busy until it gives the frame back.</summary>
    internal T Begin<T>(bool mayReturnRows, Func<TransactionFrame, T> begin)
        where T : IAsyncDisposable
    {
        Transactions.ThrowIfFailed();
        Take();
        try
        {
            TransactionFrame frame = Transactions.Depth > 0 ? new ExplicitFrame(this, mayReturnRows) : new SessionFrame(this);
            var running = begin(frame);
            _running = running;
            return running;
        }
        catch
        {
            GiveBack();
            throw;
        }
    }

    internal TenantException Lost() => new(
        "SessionLost",
        TenantErrorKind.Connection,
        $"The connection of session {Id} (tenant '{Tenant}') broke: its settings, temporary tables and open transaction are gone, and what was not committed is undone. Remove it with Remove-TenantSession and make another with New-TenantSession.")
    {
        Tenant = Tenant,
        Target = this,
    };

    internal void GiveBack()
    {
        _running = null;
        Volatile.Write(ref _busy, 0);
    }

    private async Task LockedAsync(Func<Task> body)
    {
        Take();
        try
        {
            await body().ConfigureAwait(false);
        }
        finally
        {
            GiveBack();
        }
    }

    private void Take()
    {
        if (_closed)
        {
            throw new TenantException(
                "SessionClosed", TenantErrorKind.InvalidState, $"Session {Id} (tenant '{Tenant}') was removed. Make another with New-TenantSession.")
            {
                Tenant = Tenant,
                Target = this,
            };
        }

        if (IsLost)
        {
            throw Lost();
        }

        if (Interlocked.CompareExchange(ref _busy, 1, 0) != 0)
        {
            throw new TenantException(
                "SessionBusy",
                TenantErrorKind.InvalidState,
                $"Session {Id} (tenant '{Tenant}') is still reading a query, and one connection runs one query at a time. Read the first one to its end, into a variable ($rows = Invoke-TenantQuery …; $rows | …), or use a second session or -Tenant for the inner query.")
            {
                Tenant = Tenant,
                Target = this,
            };
        }
    }
}
