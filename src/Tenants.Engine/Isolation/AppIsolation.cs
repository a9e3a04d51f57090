using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation.Keys;
using Tenants.Engine.Isolation.Logins;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Isolation;

/// <summary>
/// Over a login that an admin made once for a service: its key, which the service holds, signs for any tenant. The login is
/// checked before it is used, for nobody knows what it was granted since.
/// </summary>
internal sealed class AppIsolation : IIsolation
{
    private readonly TenantDatabase _database;
    private readonly Installation _installation;
    private readonly AppConnections _app;
    private readonly PooledReset _pooled;

    private AppIsolation(TenantDatabase database, Installation installation, AppConnections app)
    {
        _database = database;
        _installation = installation;
        _app = app;
        var settings = database.Settings;
        _pooled = new PooledReset(settings.Schema, settings.StatementTimeout ?? ConnectionSettings.DefaultStatementTimeout, database.Facts.IsReplica);
    }

    /// <inheritdoc/>
    public TenantTrust Trust => TenantTrust.Sealed;

    /// <inheritdoc/>
    public ConnectionReset Reset => _app.IsBehindPooler ? _pooled : _database.DirectReset;

    /// <summary>Checks login and key.</summary>
    /// <exception cref="TenantException"><c>LoginUnfit</c>, <c>KeyRefused</c>.</exception>
    public static async Task<AppIsolation> CreateAsync(TenantDatabase database, Installation installation, AppConnections app, CancellationToken cancellationToken)
    {
        var isolation = new AppIsolation(database, installation, app);
        await app.UseAsync(
            async connection =>
            {
                await LoginFitness.EnsureAsync(connection, installation, isApp: true, cancellationToken).ConfigureAwait(false);
                await isolation.CheckKeyAsync(connection, cancellationToken).ConfigureAwait(false);
            },
            cancellationToken).ConfigureAwait(false);
        return isolation;
    }

    /// <inheritdoc/>
    public ValueTask PrepareAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public ValueTask<NpgsqlConnection> OpenConnectionAsync(CancellationToken cancellationToken) => _app.OpenAsync(cancellationToken);

    /// <inheritdoc/>
    public IReadOnlyList<NpgsqlBatchCommand> Enter(NpgsqlConnection connection, TenantId tenant) =>
        [_app.Signer.Enter(_installation, connection, tenant, _app.IsBehindPooler)];

    /// <summary>The key is the service's: there is no other. Where the clock was misjudged, it is read anew.</summary>
    public async ValueTask<bool> RenewAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await _app.ReadClockAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public Task<bool> TerminateAsync(Backend backend) => _app.TerminateAsync(backend);

    /// <inheritdoc/>
    public ValueTask<IIsolation> ForSessionAsync(TenantId tenant, CancellationToken cancellationToken) => ValueTask.FromResult<IIsolation>(this);

    /// <summary>Nothing was made; the connections are the database's.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // No tenant is named '': a good key is told so, and a bad one is not told anything.
    private async Task CheckKeyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await using var batch = new NpgsqlBatch(connection) { BatchCommands = { _app.Signer.Enter(_installation, connection, TenantId.None, _app.IsBehindPooler) } };
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == "TN002")
        {
        }
        catch (PostgresException e) when (e.SqlState is "TN001")
        {
            throw new TenantException(
                "KeyRefused",
                TenantErrorKind.Authentication,
                $"The key does not sign for the login '{_app.UserName}' in '{connection.Database}': it is another login's, was replaced (Reset-TenantKey), or the login was made anew. Take the key of the latest New-TenantLogin -App or Reset-TenantKey.")
            {
                SqlState = e.SqlState,
                Target = _app.UserName,
            };
        }
    }
}
