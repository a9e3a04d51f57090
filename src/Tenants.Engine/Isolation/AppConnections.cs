using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Errors;
using Tenants.Engine.Isolation.Keys;
using Tenants.Engine.Isolation.Logins;

namespace Tenants.Engine.Isolation;

/// <summary>The connections of an app login, and what signs for it. Whether a pooler stands between is found out by the first one.</summary>
internal sealed class AppConnections : IAsyncDisposable
{
    private readonly ServerClock _clock = new(DateTime.UtcNow);
    private readonly ConnectionSettings _settings;
    private readonly AppLogin _login;
    private LoginConnections _connections;

    /// <summary>Opens nothing yet.</summary>
    public AppConnections(ConnectionSettings settings, AppLogin login)
    {
        _settings = settings;
        _login = login;
        UserName = login.UserName;
        Signer = new TokenSigner(login.UserName, login.ToKey(), _clock, due: null);
        _connections = new LoginConnections(settings, login.UserName, login.Password, _clock);
    }

    /// <summary>The login.</summary>
    public string UserName { get; }

    /// <summary>Signs for it.</summary>
    public TokenSigner Signer { get; }

    /// <summary>False if the server let the login in without a password.</summary>
    public bool IsPasswordAsked => _connections.IsPasswordAsked;

    /// <summary>True if a pooler that lends its backends for a transaction stands between.</summary>
    public bool IsBehindPooler { get; private set; }

    /// <summary>A connection that answers.</summary>
    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (TenantException e) when (e.ErrorId == "PoolerNotSupported" && !IsBehindPooler)
        {
            var former = _connections;
            _connections = new LoginConnections(_settings, _login.UserName, _login.Password, _clock, isBehindPooler: true);
            IsBehindPooler = true;
            await former.DisposeAsync().ConfigureAwait(false);
        }

        return await _connections.OpenAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs a body over a connection.</summary>
    public async Task UseAsync(Func<NpgsqlConnection, Task> body, CancellationToken cancellationToken)
    {
        await using var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await body(connection).ConfigureAwait(false);
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            throw ServerErrors.Translate(e, ErrorContext.None with { Login = UserName });
        }
    }

    /// <summary>Reads the server's time anew.</summary>
    public Task ReadClockAsync(CancellationToken cancellationToken) => UseAsync(
        async connection =>
        {
            await using var command = new NpgsqlCommand("select pg_catalog.clock_timestamp()", connection);
            _clock.Set((DateTime)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!);
        },
        cancellationToken);

    /// <summary>Has the server end a backend of this login. The number that a pooler gave is no process of the server's: it could be anybody's.</summary>
    /// <returns>True if it is gone.</returns>
    public Task<bool> TerminateAsync(Backend backend) => IsBehindPooler ? Task.FromResult(false) : backend.TerminateAsync(UseAsync);

    /// <summary>Closes the connections and wipes the key.</summary>
    public async ValueTask DisposeAsync()
    {
        await _connections.DisposeAsync().ConfigureAwait(false);
        Signer.Dispose();
    }
}
