using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Queries.Running;

/// <summary>As whom a transaction runs, and over which login: one tenant, or the admin.</summary>
/// <param name="database">The database.</param>
/// <param name="tenant">The tenant; null for the admin.</param>
/// <param name="isolation">How the tenant is kept apart; null for the way of the database's stand-alone calls.</param>
internal sealed class QueryScope(TenantDatabase database, TenantId? tenant, IIsolation? isolation = null)
{
    private IIsolation? _isolation = isolation;

    /// <summary>The database.</summary>
    public TenantDatabase Database => database;

    /// <summary>The tenant's identifier; null for the admin.</summary>
    public string? Tenant => tenant?.Value;

    /// <summary>The tenant, of a scope that has one.</summary>
    public TenantId TenantId => tenant!.Value;

    /// <summary>How a connection is cleaned.</summary>
    public ConnectionReset Reset => _isolation?.Reset ?? database.DirectReset;

    /// <summary>Gets ready what the tenant is entered with.</summary>
    public async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        if (tenant is null)
        {
            return;
        }

        _isolation ??= await database.GetIsolationAsync(cancellationToken).ConfigureAwait(false);
        await _isolation.PrepareAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Lends a connection; <see cref="PrepareAsync"/> comes first.</summary>
    public ValueTask<NpgsqlConnection> OpenConnectionAsync(CancellationToken cancellationToken) =>
        _isolation?.OpenConnectionAsync(cancellationToken) ?? database.OpenConnectionAsync(cancellationToken);

    /// <summary>The commands that make a transaction this tenant's. Each returns one result.</summary>
    public IReadOnlyList<NpgsqlBatchCommand> Enter(NpgsqlConnection connection) => tenant is { } id ? _isolation!.Enter(connection, id) : [];

    /// <summary>Replaces the login or key that the server refused.</summary>
    /// <returns>False where there is nothing to replace.</returns>
    public ValueTask<bool> RenewAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        _isolation?.RenewAsync(connection, cancellationToken) ?? ValueTask.FromResult(false);

    /// <summary>Has the server end a backend whose statement obeys nothing else.</summary>
    /// <returns>True if it is gone.</returns>
    public Task<bool> TerminateAsync(Backend backend) => _isolation?.TerminateAsync(backend) ?? backend.TerminateAsync(database);
}
