using System.Management.Automation;
using Tenants.Engine.Plans;

namespace Tenants.Commands;

/// <summary>Drops a policy that New-TenantPolicy or somebody else made. The module's own go with Disable-TenantRls.</summary>
[Cmdlet(VerbsCommon.Remove, "TenantPolicy", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
public sealed class RemoveTenantPolicyCommand : PlanCmdlet
{
    /// <summary>The table.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Table { get; set; } = [];

    /// <summary>The policies' names, to the letter.</summary>
    [Parameter(Mandatory = true, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();
        foreach (var tableName in Table)
        {
            foreach (var policy in Name)
            {
                await ForEachTableAsync(database, tableName, async table =>
                {
                    var plan = await PolicyPlanner.RemoveAsync(database, table, policy, StopToken);
                    await ApplyAsync(database, plan, "Drop the policy", "");
                });
            }
        }
    }
}
