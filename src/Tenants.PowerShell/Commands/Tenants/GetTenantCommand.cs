using System.Management.Automation;
using Tenants.Engine.Tenants;

namespace Tenants.Commands;

/// <summary>Lists tenants, as they come. What goes on to -Tenant of other cmdlets is each one's identifier.</summary>
[Cmdlet(VerbsCommon.Get, "Tenant")]
[OutputType(typeof(TenantInfo))]
public sealed class GetTenantCommand : TenantConnectionCmdlet
{
    /// <summary>Identifiers; wildcards are allowed, and the case counts. Unless given: all.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "Id")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Tenant { get; set; } = ["*"];

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var registry = await TenantRegistry.OpenAsync(await GetDatabaseAsync(), StopToken);
        foreach (var name in Tenant)
        {
            if (TenantRegistry.IsPattern(name))
            {
                // A tenant of exactly this name comes first, whatever its characters mean in a pattern.
                var exact = await FindExactAsync(registry, name);
                if (exact is not null)
                {
                    WriteObject(exact);
                }

                await foreach (var tenant in registry.ListAsync(name, StopToken))
                {
                    if (tenant.Tenant != exact?.Tenant)
                    {
                        WriteObject(tenant);
                    }
                }
            }
            else
            {
                await WriteOneAsync(registry, name);
            }
        }
    }

    private async Task<TenantInfo?> FindExactAsync(TenantRegistry registry, string name)
    {
        try
        {
            return name == "*" ? null : await registry.FindAsync(registry.Parse(name), StopToken);
        }
        catch (TenantException e) when (e.ErrorId == "InvalidTenant")
        {
            return null;
        }
    }

    private async Task WriteOneAsync(TenantRegistry registry, string name)
    {
        try
        {
            WriteObject(await registry.GetAsync(registry.Parse(TenantRegistry.Unescape(name)), StopToken));
        }
        catch (TenantException e) when (e.ErrorId is "TenantNotFound" or "InvalidTenant")
        {
            WriteFailure(e, name);
        }
    }
}
