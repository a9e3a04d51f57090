using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation.Logins;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Isolation;

/// <summary>Over a login that is one tenant's for ever, made for one session: there is nothing to sign, and nothing to forge.</summary>
internal sealed class BoundIsolation(TenantDatabase database, Installation installation, LoginSecret secret, SealedIsolation maker) : IIsolation
{
    private readonly LoginConnections _connections = new(database.Settings, secret.Name, secret.Password, clock: null, isPooled: false);
    private long _madeAt = Environment.TickCount64;

    /// <inheritdoc/>
    public TenantTrust Trust => TenantTrust.Sealed;

    /// <inheritdoc/>
    public ConnectionReset Reset => database.DirectReset;

    /// <inheritdoc/>
    public async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        if (Environment.TickCount64 - _madeAt > SealedIsolation.LoginLife.TotalMilliseconds / 2)
        {
            await new LoginRegistry(database, installation).ExtendAsync(secret.Name, SealedIsolation.LoginLife, cancellationToken).ConfigureAwait(false);
            _madeAt = Environment.TickCount64;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<NpgsqlConnection> OpenConnectionAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _connections.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (TenantException e)
        {
            throw LoginFaults.Explain(e, database, installation);
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
