using System.Management.Automation;
using Tenants.Engine.Plans;

namespace Tenants.Commands;

/// <summary>Brings what an earlier version of the module made in the database up to date.</summary>
[Cmdlet(VerbsData.Update, "TenantDatabase", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
public sealed class UpdateTenantDatabaseCommand : PlanCmdlet
{
    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();
        var plan = await UpdatePlanner.PlanAsync(database, StopToken);
        await ApplyAsync(database, plan, "Bring it up to date", $"'{database.Database}' is up to date: nothing to do.");
    }
}
