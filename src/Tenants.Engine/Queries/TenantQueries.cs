using Tenants.Engine.Connections;
using Tenants.Engine.Queries.Running;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Queries;

/// <summary>Runs queries that stand alone: each is one transaction on a connection from the pool.</summary>
public static class TenantQueries
{
    /// <summary>Runs a query as a tenant. Nothing is sent before the first result is asked for.</summary>
    /// <param name="database">The database.</param>
    /// <param name="tenant">The tenant.</param>
    /// <param name="query">The query.</param>
    /// <param name="options">How it is run.</param>
    /// <param name="cancellationToken">Cancels it on the server.</param>
    /// <exception cref="TenantException"><c>DatabaseNotInitialized</c>, <c>InvalidTenant</c>.</exception>
    public static async ValueTask<QueryCursor> RunAsync(
        TenantDatabase database, string tenant, Query query, QueryOptions options, CancellationToken cancellationToken = default)
    {
        var scope = await ScopeAsync(database, tenant, cancellationToken).ConfigureAwait(false);
        return new QueryCursor(new StandaloneFrame(scope), query, options, cancellationToken);
    }

    /// <summary>Runs a query as the login itself, which sees all tenants' rows.</summary>
    /// <param name="database">The database.</param>
    /// <param name="query">The query.</param>
    /// <param name="options">How it is run.</param>
    /// <param name="cancellationToken">Cancels it on the server.</param>
    public static QueryCursor RunAsAdmin(TenantDatabase database, Query query, QueryOptions options, CancellationToken cancellationToken = default) =>
        new(new StandaloneFrame(new QueryScope(database, null)), query, options, cancellationToken);

    internal static async ValueTask<QueryScope> ScopeAsync(TenantDatabase database, string tenant, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(database);
        var installation = await database.GetInstallationAsync(cancellationToken).ConfigureAwait(false);
        return new QueryScope(database, TenantId.Parse(tenant, installation.TenantType));
    }
}
