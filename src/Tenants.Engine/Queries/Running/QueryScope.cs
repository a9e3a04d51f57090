using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Queries.Running;

/// <summary>As whom a transaction runs: one tenant, or the admin.</summary>
/// <param name="database">The database.</param>
/// <param name="tenant">The tenant; null for the admin.</param>
internal sealed class QueryScope(TenantDatabase database, TenantId? tenant)
{
    private IIsolation? _isolation;

    /// <summary>The database.</summary>
    public TenantDatabase Database => database;

    /// <summary>The tenant's identifier; null for the admin.</summary>
    public string? Tenant => tenant?.Value;

    /// <summary>Gets ready what the tenant's context is signed with.</summary>
    public async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        if (tenant is null)
        {
            return;
        }

        _isolation ??= await database.GetIsolationAsync(cancellationToken).ConfigureAwait(false);
        await _isolation.PrepareAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The commands that make a transaction this tenant's. Each returns one result.</summary>
    public IReadOnlyList<NpgsqlBatchCommand> Enter(NpgsqlConnection connection) => tenant is { } id ? _isolation!.Enter(connection, id) : [];
}
