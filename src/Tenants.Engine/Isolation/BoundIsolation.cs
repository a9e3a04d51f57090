using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation.Keys;
using Tenants.Engine.Isolation.Logins;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Isolation;

/// <summary>Over a login that is one tenant's for ever, made for one session: there is nothing to sign, and nothing to forge.</summary>
internal sealed class BoundIsolation(TenantDatabase database, Installation installation, LoginSecret secret, SealedIsolation maker) : IIsolation
{
    private static readonly DateTime s_begin = DateTime.UnixEpoch;

    private readonly LoginConnections _connections = new(database.Settings, secret.Name, secret.Password, clock: null, isPooled: false);

    // How old it is: counted on while the machine sleeps.
    private readonly ServerClock _age = new(s_begin);

    /// <inheritdoc/>
    public TenantTrust Trust => TenantTrust.Sealed;

    /// <inheritdoc/>
    public ConnectionReset Reset => database.DirectReset;

    /// <inheritdoc/>
    public async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        if (_age.Now - s_begin > SealedIsolation.LoginLife / 2)
        {
            await new LoginRegistry(database, installation).ExtendAsync(secret.Name, SealedIsolation.LoginLife, cancellationToken).ConfigureAwait(false);
            _age.Set(s_begin);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<NpgsqlConnection> OpenConnectionAsync(CancellationToken cancellationToken)
    {
        try
        {
            var connection = await _connections.OpenAsync(cancellationToken).ConfigureAwait(false);
            maker.LetIn(_connections.IsPasswordAsked);
            return connection;
        }
        catch (TenantException e)
        {
            throw await LoginFaults.ExplainAsync(e, database, installation, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<NpgsqlBatchCommand> Enter(NpgsqlConnection connection, TenantId tenant) =>
    [
        new NpgsqlBatchCommand($"select {installation.QuotedSchema}.enter($1)")
        {
            Parameters = { new NpgsqlParameter { Value = tenant.Value, NpgsqlDbType = NpgsqlDbType.Text } },
        },
    ];

    /// <inheritdoc/>
    public ValueTask<bool> RenewAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => ValueTask.FromResult(false);

    /// <inheritdoc/>
    public Task<bool> TerminateAsync(Backend backend) => backend.TerminateAsync(database);

    /// <inheritdoc/>
    public ValueTask<IIsolation> ForSessionAsync(TenantId tenant, CancellationToken cancellationToken) => ValueTask.FromResult<IIsolation>(this);

    /// <summary>Closes its connection and drops the login.</summary>
    public async ValueTask DisposeAsync()
    {
        await _connections.DisposeAsync().ConfigureAwait(false);
        await maker.ForgetAsync(secret.Name).ConfigureAwait(false);
    }
}
