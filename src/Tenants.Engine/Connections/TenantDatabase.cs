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
    private readonly NpgsqlDataSource? _source;
    private readonly ConnectionLender? _lender;
    private readonly AppConnections? _app;
    private readonly SemaphoreSlim _installationLock = new(1, 1);
    private readonly ConcurrentDictionary<IAsyncDisposable, byte> _dependents = new();
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private Installation? _installation;
    private IIsolation? _isolation;
    private ConnectionReset? _reset;
    private bool _letsAnybodyIn;
    private bool _closed;

    private TenantDatabase(ConnectionSettings settings)
    {
        _settings = settings;
        if (settings.HasAdmin)
        {
            _source = NpgsqlDataSource.Create(settings.ToDataSourceString());
            _lender = new ConnectionLender(_source);
        }

        if (settings.App is { } app)
        {
            _app = new AppConnections(settings, app);
        }
    }

    /// <inheritdoc/>
    public override int Id { get; } = Interlocked.Increment(ref s_lastId);

    /// <inheritdoc/>
    public override string Server => _settings.Server;

    /// <inheritdoc/>
    public override int Port => _settings.Port;

    /// <inheritdoc/>
    public override string Database => Facts.Database;

    /// <inheritdoc/>
    public override string UserName => Facts.SessionUser;

    /// <inheritdoc/>
    public override string Schema => _settings.Schema;

    /// <inheritdoc/>
    public override Version ServerVersion => Facts.ServerVersion;

    /// <inheritdoc/>
    public override TenantTrust Trust => _settings.App is not null ? TenantTrust.Sealed : _settings.Trust;

    /// <inheritdoc/>
    public override bool IsOpen => !_closed;

    /// <summary>What the server said about itself and the login when the connection was opened.</summary>
    public ServerFacts Facts { get; private set; } = null!;

    /// <summary>What the user should hear about this connection. Some of it is known once tenants' SQL has run.</summary>
    public IReadOnlyList<string> Warnings => Facts is null ? [] : [.. _settings.Warnings, .. Facts.Warnings(), .. SealWarnings()];

    /// <summary>True where a server that lacks security fixes will do, whatever a call demands.</summary>
    public bool AllowsOutdatedServer => _settings.AllowOutdatedServer;

    /// <summary>The sessions that are open on it, oldest first.</summary>
    public IReadOnlyList<TenantSession> Sessions => [.. _dependents.Keys.OfType<TenantSession>().OrderBy(s => s.Id)];

    /// <summary>True where tenants' SQL is all that runs: no admin's credential was given.</summary>
    public bool IsTenantsOnly => _source is null;

    /// <summary>Where and as whom to connect.</summary>
    internal ConnectionSettings Settings => _settings;

    /// <summary>How many connections the pool of stand-alone calls may have at once, but for those that sessions hold.</summary>
    internal int ConnectionsForCalls => _settings.Builder is not { Pooling: true, MaxPoolSize: var most } ? int.MaxValue
        : Trust == TenantTrust.Sealed && _app is null ? most
        : most - Sessions.Count;

    /// <summary>How a connection straight to the server is cleaned.</summary>
    internal ConnectionReset DirectReset => _reset ??= new DirectReset(Facts.KeepsState);

    /// <summary>What is known of this connection where a statement fails.</summary>
    internal ErrorContext ErrorContext => ErrorContext.None with { Login = _settings.HasAdmin ? _settings.Builder.Username : _settings.App?.UserName, IsReplica = Facts?.IsReplica == true };

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
            await database.UseAnyAsync(
                async connection =>
                {
                    database.Facts = await ServerFacts.ReadAsync(
                        connection, settings, database._source is null && database._app!.IsBehindPooler, cancellationToken).ConfigureAwait(false);
                    if (settings.Schema != "public")
                    {
                        await DefaultSchema.CheckAsync(connection, settings.Schema, cancellationToken).ConfigureAwait(false);
                    }
                },
                cancellationToken).ConfigureAwait(false);
            await database.SealAsync(cancellationToken).ConfigureAwait(false);
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

    /// <summary>The warnings that were not told yet; they are told with this.</summary>
    public IReadOnlyList<string> TakeWarnings()
    {
        lock (_told)
        {
            return [.. Warnings.Where(_told.Add)];
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

        return await UseAnyAsync(
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

    /// <summary>What lies in the database, brought up to what this module needs.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>DatabaseOutdated</c>, and what <see cref="GetInstallationAsync"/> throws.</exception>
    public async ValueTask<Installation> GetCurrentInstallationAsync(CancellationToken cancellationToken = default)
    {
        var installation = await GetInstallationAsync(cancellationToken).ConfigureAwait(false);
        return installation.Version == Installation.CurrentVersion
            ? installation
            : throw new TenantException(
                "DatabaseOutdated",
                TenantErrorKind.InvalidState,
                $"An earlier version of the module Tenants initialised '{Database}' (stamp {installation.Version}; this module needs {Installation.CurrentVersion}). Run Update-TenantDatabase: it takes a moment, and tenants' rows stay as they are.")
            {
                Target = Database,
            };
    }

    /// <summary>Closes every session, connection and key that came from here, and drops the logins that were made. Doing it twice does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        _closed = true;
        foreach (var dependent in _dependents.Keys)
        {
            await dependent.DisposeAsync().ConfigureAwait(false);
        }

        await ForgetInstallationAsync().ConfigureAwait(false);
        if (_app is not null)
        {
            await _app.DisposeAsync().ConfigureAwait(false);
        }

        if (_source is not null)
        {
            await _source.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Forgets what was known of the database: it was initialised, updated or uninstalled.</summary>
    internal async ValueTask ForgetInstallationAsync()
    {
        var isolation = Interlocked.Exchange(ref _isolation, null);
        _installation = null;
        if (isolation is not null)
        {
            await isolation.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>How tenants are kept apart here.</summary>
    internal async ValueTask<IIsolation> GetIsolationAsync(CancellationToken cancellationToken)
    {
        if (_isolation is { } known)
        {
            return known;
        }

        var installation = await GetCurrentInstallationAsync(cancellationToken).ConfigureAwait(false);
        await _installationLock.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _isolation ??= _app is not null ? await AppIsolation.CreateAsync(this, installation, _app, cancellationToken).ConfigureAwait(false)
                : _settings.Trust == TenantTrust.Sealed ? new SealedIsolation(this, installation)
                : new ScopedIsolation(this, installation);
        }
        finally
        {
            _installationLock.Release();
        }
    }

    /// <summary>Lends a connection as the login itself. Whoever dirties it (settings, temporary objects) cleans it before giving it back.</summary>
    /// <exception cref="TenantException">The server cannot be reached or refuses the login, or this was disconnected.</exception>
    internal ValueTask<NpgsqlConnection> OpenConnectionAsync(CancellationToken cancellationToken) => OpenConnectionAsync(evenClosing: false, cancellationToken);

    private async ValueTask<NpgsqlConnection> OpenConnectionAsync(bool evenClosing, CancellationToken cancellationToken)
    {
        if (_closed && !evenClosing)
        {
            throw Closed();
        }

        if (_lender is null)
        {
            throw new TenantException(
                "AdminNeeded",
                TenantErrorKind.InvalidState,
                $"This connection has an app login alone ('{_settings.App!.UserName}'), and runs tenants' SQL. What the admin does needs a connection with the admin's credential: Connect-TenantDatabase -Credential.")
            {
                Target = Database,
            };
        }

        try
        {
            return await _lender.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            throw ServerErrors.Connecting(
                e, _settings.AdminServer ?? Server, _settings.AdminPort ?? Port, _settings.Builder.Database, _settings.Builder.Username);
        }
        catch (ObjectDisposedException)
        {
            throw Closed();
        }
    }

    /// <summary>Runs a body over a connection, and gives that back after it. What the driver throws becomes a <see cref="TenantException"/>.</summary>
    internal async Task<T> UseAsync<T>(Func<NpgsqlConnection, Task<T>> body, CancellationToken cancellationToken, bool evenClosing = false)
    {
        await using var connection = await OpenConnectionAsync(evenClosing, cancellationToken).ConfigureAwait(false);
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
    internal Task UseAsync(Func<NpgsqlConnection, Task> body, CancellationToken cancellationToken, bool evenClosing = false) => UseAsync(
        async connection =>
        {
            await body(connection).ConfigureAwait(false);
            return true;
        },
        cancellationToken,
        evenClosing);

    /// <summary>Closes <paramref name="dependent"/> together with this.</summary>
    internal void Adopt(IAsyncDisposable dependent) => _dependents.TryAdd(dependent, 0);

    /// <summary>It was closed by itself.</summary>
    internal void Release(IAsyncDisposable dependent) => _dependents.TryRemove(dependent, out _);

    /// <summary>As <see cref="UseAsync{T}"/>, for what is PUBLIC's to read: it goes over the app login where that is all there is.</summary>
    internal async Task<T> UseAnyAsync<T>(Func<NpgsqlConnection, Task<T>> body, CancellationToken cancellationToken)
    {
        if (_source is not null)
        {
            return await UseAsync(body, cancellationToken).ConfigureAwait(false);
        }

        if (_closed)
        {
            throw Closed();
        }

        var result = default(T)!;
        await _app!.UseAsync(async connection => result = await body(connection).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        return result;
    }

    private Task<bool> UseAnyAsync(Func<NpgsqlConnection, Task> body, CancellationToken cancellationToken) => UseAnyAsync(
        async connection =>
        {
            await body(connection).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    // What was asked for is there from the start, or connecting fails; in a database without tenants there is nothing to seal yet.
    private async ValueTask SealAsync(CancellationToken cancellationToken)
    {
        if (Trust != TenantTrust.Sealed)
        {
            return;
        }

        var installation = await FindInstallationAsync(cancellationToken).ConfigureAwait(false);
        if (installation?.Version == Installation.CurrentVersion || IsTenantsOnly)
        {
            var isolation = await GetIsolationAsync(cancellationToken).ConfigureAwait(false);
            await isolation.PrepareAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private IEnumerable<string> SealWarnings()
    {
        if (_app is { IsBehindPooler: true })
        {
            yield return "A connection pooler stands before the server. Each transaction cleans the backend that it is lent, and sessions keep nothing between transactions. What is weaker there stands in docs/security.md; Test-TenantPooler says what the pooler lets through.";
        }

        _letsAnybodyIn |= _isolation is SealedIsolation { IsPasswordAsked: false } || _app is { IsPasswordAsked: false };
        if (_letsAnybodyIn)
        {
            yield return "The server lets logins in without asking for a password (pg_hba.conf says trust, or something else that needs none): whoever reaches it can log in as anyone, the admin too, and no isolation holds against that. Have a DBA make the method scram-sha-256.";
        }
    }

    internal static TenantException Closed() => new(
        "ConnectionClosed", TenantErrorKind.InvalidState, "This connection was disconnected. Connect-TenantDatabase makes another.");
}
