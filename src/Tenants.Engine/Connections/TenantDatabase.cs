using System.Collections.Concurrent;
using Npgsql;
using Tenants.Engine.Errors;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Connections;

/// <summary>The way in: one database, over one login, with its pool of connections.</summary>
public sealed class TenantDatabase : TenantConnection, IAsyncDisposable
{
    private static int s_lastId;

    private readonly ConnectionSettings _settings;
    private readonly NpgsqlDataSource _source;
    private readonly ConnectionLender _lender;
    private readonly SemaphoreSlim _installationLock = new(1, 1);
    private readonly ConcurrentDictionary<IAsyncDisposable, byte> _dependents = new();
    private Installation? _installation;
    private IIsolation? _isolation;
    private bool _closed;

    private TenantDatabase(ConnectionSettings settings)
    {
        _settings = settings;
        _source = NpgsqlDataSource.Create(settings.ToDataSourceString());
        _lender = new ConnectionLender(_source);
    }

    /// <inheritdoc/>
    public override int Id { get; } = Interlocked.Increment(ref s_lastId);

    /// <inheritdoc/>
    public override string Server => _settings.Builder.Host ?? "";

    /// <inheritdoc/>
    public override int Port => _settings.Builder.Port;

    /// <inheritdoc/>
    public override string Database => Facts.Database;

    /// <inheritdoc/>
    public override string UserName => Facts.SessionUser;

    /// <inheritdoc/>
    public override string Schema => _settings.Schema;

    /// <inheritdoc/>
    public override Version ServerVersion => Facts.ServerVersion;

    /// <inheritdoc/>
    public override TenantTrust Trust => TenantTrust.Scoped;

    /// <inheritdoc/>
    public override bool IsOpen => !_closed;

    /// <summary>What the server said about itself and the login when the connection was opened.</summary>
    public ServerFacts Facts { get; private set; } = null!;

    /// <summary>What the user should hear about this connection, once.</summary>
    public IReadOnlyList<string> Warnings { get; private set; } = [];

    /// <summary>The sessions that are open on it, oldest first.</summary>
    public IReadOnlyList<TenantSession> Sessions => [.. _dependents.Keys.OfType<TenantSession>().OrderBy(s => s.Id)];

    /// <summary>What is known of this connection where a statement fails.</summary>
    internal ErrorContext ErrorContext => ErrorContext.None with { Login = _settings.Builder.Username, IsReplica = Facts?.IsReplica == true };

    /// <summary>The login, as the server names it.</summary>
    internal string SessionUser => Facts.SessionUser;

    /// <summary>Connects, and learns what server and login these are.</summary>
    /// <param name="settings">Where and as whom.</param>
    /// <param name="cancellationToken">Stops the attempt.</param>
    /// <exception cref="TenantException"><c>ConnectionFailed</c>, <c>AuthenticationFailed</c>, <c>ServerNotSupported</c> and the like.</exception>
    public static async Task<TenantDatabase> OpenAsync(ConnectionSettings settings, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(settings);
        TenantDatabase? database = null;
        try
        {
            database = new TenantDatabase(settings);
            await database.UseAsync(
                async connection =>
                {
                    database.Facts = await ServerFacts.ReadAsync(connection, settings, cancellationToken).ConfigureAwait(false);
                    if (settings.Schema != "public")
                    {
                        await DefaultSchema.CheckAsync(connection, settings.Schema, cancellationToken).ConfigureAwait(false);
                    }
                },
                cancellationToken).ConfigureAwait(false);
            database.Warnings = [.. settings.Warnings, .. database.Facts.Warnings()];
            return database;
        }
        catch
        {
            if (database is not null)
            {
                await database.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }
    }

    /// <summary>What lies in the database, or null where it was not initialised. Asked once, then remembered.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>DatabaseTooNew</c>, <c>SchemaNotOurs</c>.</exception>
    public async ValueTask<Installation?> FindInstallationAsync(CancellationToken cancellationToken = default)
    {
        if (_installation is { } known)
        {
            return known;
        }

        return await UseAsync(
            async connection => _installation = await InstallationReader.FindAsync(connection, cancellationToken).ConfigureAwait(false),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What lies in the database.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>DatabaseNotInitialized</c>, and what <see cref="FindInstallationAsync"/> throws.</exception>
    public async ValueTask<Installation> GetInstallationAsync(CancellationToken cancellationToken = default) =>
        await FindInstallationAsync(cancellationToken).ConfigureAwait(false)
        ?? throw new TenantException(
            "DatabaseNotInitialized",
            TenantErrorKind.InvalidState,
            $"The database '{Database}' has no tenants yet. Run Initialize-TenantDatabase, or Enable-TenantRls on its first table.")
        {
            Target = Database,
        };

    /// <summary>Closes every session, connection and key that came from here. Doing it twice does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        foreach (var dependent in _dependents.Keys)
        {
            await dependent.DisposeAsync().ConfigureAwait(false);
        }

        (_isolation as IDisposable)?.Dispose();
        await _source.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Forgets what was known of the database: it was initialised, updated or uninstalled.</summary>
    internal void ForgetInstallation()
    {
        (_isolation as IDisposable)?.Dispose();
        _isolation = null;
        _installation = null;
    }

    /// <summary>How tenants are kept apart here.</summary>
    internal async ValueTask<IIsolation> GetIsolationAsync(CancellationToken cancellationToken)
    {
        if (_isolation is { } known)
        {
            return known;
        }

        var installation = await GetInstallationAsync(cancellationToken).ConfigureAwait(false);
        await _installationLock.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _isolation ??= new ContextIsolation(this, installation);
        }
        finally
        {
            _installationLock.Release();
        }
    }

    /// <summary>Lends a connection as the login itself. Whoever dirties it (settings, temporary objects) cleans it before giving it back.</summary>
    /// <exception cref="TenantException">The server cannot be reached or refuses the login, or this was disconnected.</exception>
    internal async ValueTask<NpgsqlConnection> OpenConnectionAsync(CancellationToken cancellationToken)
    {
        if (_closed)
        {
            throw Closed();
        }

        try
        {
            return await _lender.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            throw ServerErrors.Connecting(e, Server, Port, _settings.Builder.Database, _settings.Builder.Username);
        }
        catch (ObjectDisposedException)
        {
            throw Closed();
        }
    }

    /// <summary>Runs a body over a connection, and gives that back after it. What the driver throws becomes a <see cref="TenantException"/>.</summary>
    internal async Task<T> UseAsync<T>(Func<NpgsqlConnection, Task<T>> body, CancellationToken cancellationToken)
    {
        await using var connection = await OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await body(connection).ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            throw ServerErrors.Translate(e, ErrorContext);
        }
    }

    /// <inheritdoc cref="UseAsync{T}"/>
    internal Task UseAsync(Func<NpgsqlConnection, Task> body, CancellationToken cancellationToken) => UseAsync(
        async connection =>
        {
            await body(connection).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    /// <summary>Closes <paramref name="dependent"/> together with this.</summary>
    internal void Adopt(IAsyncDisposable dependent) => _dependents.TryAdd(dependent, 0);

    /// <summary>It was closed by itself.</summary>
    internal void Release(IAsyncDisposable dependent) => _dependents.TryRemove(dependent, out _);

    private static TenantException Closed() => new(
        "ConnectionClosed", TenantErrorKind.InvalidState, "This connection was disconnected. Connect-TenantDatabase makes another.");
}
