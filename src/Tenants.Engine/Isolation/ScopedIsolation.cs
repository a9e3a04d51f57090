using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation.Keys;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Isolation;

/// <summary>
/// Over the admin's own login: its key signs whose the transaction is, which then runs as the session role, with no rights but
/// those of tenant SQL. That stops mistakes; SQL that means it can go back to the login.
/// </summary>
internal sealed class ScopedIsolation(TenantDatabase database, Installation installation) : IIsolation
{
    private static readonly TimeSpan KeyLife = TimeSpan.FromHours(12);

    private readonly SemaphoreSlim _renewal = new(1, 1);
    private TokenSigner? _signer;

    /// <inheritdoc/>
    public TenantTrust Trust => TenantTrust.Scoped;

    /// <inheritdoc/>
    public ConnectionReset Reset => database.DirectReset;

    /// <inheritdoc/>
    public ValueTask PrepareAsync(CancellationToken cancellationToken) =>
        _signer is { IsDue: false } ? ValueTask.CompletedTask : ReplaceAsync(_signer, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<NpgsqlConnection> OpenConnectionAsync(CancellationToken cancellationToken) => database.OpenConnectionAsync(cancellationToken);

    /// <inheritdoc/>
    public IReadOnlyList<NpgsqlBatchCommand> Enter(NpgsqlConnection connection, TenantId tenant)
    {
        var signer = _signer ?? throw new InvalidOperationException("PrepareAsync comes first.");
        return [signer.Enter(installation, connection, tenant, role: installation.SessionRole)];
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RenewAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await ReplaceAsync(_signer, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public Task<bool> TerminateAsync(Backend backend) => backend.TerminateAsync(database);

    /// <inheritdoc/>
    public ValueTask<IIsolation> ForSessionAsync(TenantId tenant, CancellationToken cancellationToken) => ValueTask.FromResult<IIsolation>(this);

    /// <summary>Forgets the key.</summary>
    public ValueTask DisposeAsync()
    {
        _signer?.Dispose();
        _signer = null;
        _renewal.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask ReplaceAsync(TokenSigner? old, CancellationToken cancellationToken)
    {
        await _renewal.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Somebody else may have replaced it meanwhile.
            if (ReferenceEquals(_signer, old))
            {
                _signer = await CreateAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _renewal.Release();
        }
    }

    private Task<TokenSigner> CreateAsync(CancellationToken cancellationToken) => database.UseAsync(
        async connection =>
        {
            await AdminRight.CheckAsync(connection, installation, cancellationToken).ConfigureAwait(false);
            Primary.EnsureForKey(database);
            return (await KeyMaker.CreateAsync(connection, installation, database.SessionUser, KeyLife, cancellationToken).ConfigureAwait(false)).Signer;
        },
        cancellationToken);
}
