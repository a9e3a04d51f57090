using System.Management.Automation;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Plans;

namespace Tenants.Commands;

/// <summary>
/// <para type="synopsis">Ends that tables keep tenants apart.</para>
/// <para type="description">Drops the module's policies, row security, the column's default and the rights of tenants' SQL. The tenant
/// column, its index and all data stay, unless -RemoveColumn is given. Asks first.</para>
/// </summary>
[Cmdlet(VerbsLifecycle.Disable, "TenantRls", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(TenantRls))]
public sealed class DisableTenantRlsCommand : TablePlanCmdlet
{
    /// <summary>Drop the tenant column too, with what it holds.</summary>
    [Parameter]
    public SwitchParameter RemoveColumn { get; set; }

    /// <inheritdoc/>
    private protected override async Task ProcessTableAsync(TenantDatabase database, TableInfo table, bool isWildcard)
    {
        var plan = await DisablePlanner.PlanAsync(database, table, RemoveColumn, StopToken);
        if (isWildcard && plan.IsEmpty)
        {
            return;
        }

        if (!await ApplyAsync(database, plan, "Keep tenants apart no longer", $"{table.DisplayName} does not keep tenants apart: nothing to do.") || IsWhatIf)
        {
            return;
        }

        foreach (var result in await RlsReader.ReadAsync(database, [table], StopToken))
        {
            WriteObject(result with { Done = [.. plan.Steps.Select(s => s.Purpose)] });
        }
    }
}
