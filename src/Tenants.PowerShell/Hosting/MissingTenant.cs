using Tenants.Engine.Connections;
using Tenants.Engine.Tenants;

namespace Tenants.Hosting;

/// <summary>Makes a tenant that was asked for and is not there, for <c>-CreateIfMissing</c>.</summary>
internal static class MissingTenant
{
    /// <summary>Creates it. One that somebody else made meanwhile is as good.</summary>
    /// <exception cref="TenantException"><c>TenantHasData</c>, <c>InvalidTenant</c>.</exception>
    public static async Task CreateAsync(TenantDatabase database, string tenant, CancellationToken cancellationToken)
    {
        var registry = await TenantRegistry.OpenAsync(database, cancellationToken);
        var creation = await registry.CreateAsync([(registry.Parse(tenant), null)], adopt: false, cancellationToken);
        if (creation.Failures.FirstOrDefault(f => f.ErrorId != "TenantAlreadyExists") is { } failure)
        {
            throw failure;
        }
    }
}
