using System.Management.Automation;
using Tenants.Engine.Plans;

namespace Tenants.Commands;

/// <summary>Takes everything of the module out of the database, roles included; tenant columns and their rows stay.</summary>
[Cmdlet(VerbsLifecycle.Uninstall, "TenantDatabase", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
public sealed class UninstallTenantDatabaseCommand : PlanCmdlet
{
    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();
        var plan = await UninstallPlanner.PlanAsync(database, disableTables: Force, StopToken);
        await ApplyAsync(database, plan, "Take the tenants out of it", $"'{database.Database}' has nothing of this module: nothing to do.");
    }
}
