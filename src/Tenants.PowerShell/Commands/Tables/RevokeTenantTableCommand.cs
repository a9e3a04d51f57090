using System.Management.Automation;
using Tenants.Engine.Plans;

namespace Tenants.Commands;

/// <summary>Takes a shared table back: tenants' SQL may not use it any more.</summary>
[Cmdlet(VerbsSecurity.Revoke, "TenantTable", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
public sealed class RevokeTenantTableCommand : PlanCmdlet
{
    /// <summary>The tables; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Table { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();
        foreach (var name in Table)
        {
            await ForEachTableAsync(database, name, async table =>
            {
                var plan = await SharedTablePlanner.RevokeAsync(database, table, StopToken);
                await ApplyAsync(database, plan, "Take back from all tenants", $"{table.DisplayName} is not shared.");
            });
        }
    }
}
