using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Errors;

namespace Tenants.Engine.Rollouts;

/// <summary>The one session that changes a table in use: no second run on the same table begins while it is there.</summary>
internal sealed class RolloutSession : IAsyncDisposable
{
    // Limits that are meant for queries and idle clients would cut it. No name in a plan is looked up by path. A client that stalls in
    // the midst of a transaction (a laptop that sleeps, a network that is gone) holds its locks no longer than a step may. Parallel workers
    // would build the index and count rows sooner, on the processors that the traffic needs.
    private const string Settings = """
        set search_path = pg_catalog, pg_temp;
        set statement_timeout = 0;
        set idle_in_transaction_session_timeout = '2s';
        set max_parallel_maintenance_workers = 0;
        set max_parallel_workers_per_gather = 0;
        select pg_catalog.set_config(s.name, '0', false) from pg_catalog.pg_settings s where s.name in ('idle_session_timeout', 'transaction_timeout')
        """;

    private readonly TenantDatabase _database;

    private RolloutSession(TenantDatabase database, NpgsqlConnection connection)
    {
        _database = database;
        Connection = connection;
    }

    /// <summary>The connection, in no transaction.</summary>
    public NpgsqlConnection Connection { get; }

    /// <summary>
    /// How long others may be made to wait while this session waits itself, so that neither is found in a deadlock: the server looks
    /// for one after <c>deadlock_timeout</c>, a second unless told otherwise.
    /// </summary>
    public TimeSpan Grace { get; private set; }

    /// <summary>The database.</summary>
    public TenantDatabase Database => _database;

    /// <summary>Opens it.</summary>
    /// <exception cref="TenantException"><c>RolloutRunning</c>, <c>DirectConnectionNeeded</c>, <c>ReadOnlyReplica</c>.</exception>
    public static async Task<RolloutSession> OpenAsync(TenantDatabase database, uint table, string displayName, CancellationToken cancellationToken)
    {
        Primary.Ensure(database);
        var connection = await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        var session = new RolloutSession(database, connection);
        try
        {
            await session.PrepareAsync(cancellationToken).ConfigureAwait(false);
            await RolloutLock.TakeAsync(connection, table, displayName, isTransactions: false, cancellationToken).ConfigureAwait(false);
            return session;
        }
        catch (Exception e)
        {
            await session.DisposeAsync().ConfigureAwait(false);
            if (ServerErrors.IsOurs(e))
            {
                throw ServerErrors.Translate(e, database.ErrorContext);
            }

            throw;
        }
    }

    /// <summary>Runs SQL that gives nothing.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, Connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // The pool would lend the lock with the connection.
        try
        {
            await ExecuteAsync("discard all", CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsOurs(e) || e is InvalidOperationException)
        {
            // It is gone, and the lock with it.
        }

        await Connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync(Settings, cancellationToken).ConfigureAwait(false);
        await using var command = new NpgsqlCommand("select pg_catalog.pg_backend_pid(), s.setting::int from pg_catalog.pg_settings s where s.name = 'deadlock_timeout'", Connection);
        int pid;
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
        {
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            pid = reader.GetInt32(0);
            Grace = TimeSpan.FromMilliseconds(Math.Clamp(reader.GetInt32(1) * 0.8, 20, 800));
        }

        if (pid != Connection.ProcessID)
        {
            throw new TenantException(
                "DirectConnectionNeeded",
                TenantErrorKind.NotSupported,
                "A connection pooler stands before the server, and a rollout needs one backend for itself. Connect straight to the server: Connect-TenantDatabase -AdminServer … -AdminPort …, or its own name and port.");
        }

        await ServerWatch.StartAsync(Connection, cancellationToken).ConfigureAwait(false);
    }
}
