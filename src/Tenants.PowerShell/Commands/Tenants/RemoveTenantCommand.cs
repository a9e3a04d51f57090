using System.Management.Automation;
using Tenants.Engine.Tenants;

namespace Tenants.Commands;

/// <summary>Removes tenants: all of one, or nothing of it.</summary>
[Cmdlet(VerbsCommon.Remove, "Tenant", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = "Empty")]
public sealed class RemoveTenantCommand : TenantConnectionCmdlet
{
    /// <summary>The identifiers, to the letter: wildcards mean nothing here.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Name", "Id")]
    [ValidateNotNullOrEmpty]
    public string[] Tenant { get; set; } = [];

    /// <summary>Deletes its rows too.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "RemoveData")]
    public SwitchParameter RemoveData { get; set; }

    /// <summary>Leaves its rows, which only the admin sees from then on.</summary>
    [Parameter(Mandatory = true, ParameterSetName = "KeepData")]
    public SwitchParameter KeepData { get; set; }

    /// <summary>How long to wait, in seconds, for transactions that began before the tenant was closed.</summary>
    [Parameter]
    [ValidateRange(0, 86_400)]
    public int Timeout { get; set; } = 30;

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var registry = await TenantRegistry.OpenAsync(await GetDatabaseAsync(), StopToken);
        foreach (var tenant in Tenant)
        {
            try
            {
                await RemoveAsync(registry, registry.Parse(tenant));
            }
            catch (TenantException e) when (e.Kind is not TenantErrorKind.Connection)
            {
                WriteFailure(e, tenant);
            }
        }
    }

    private async Task RemoveAsync(TenantRegistry registry, TenantId tenant)
    {
        await registry.GetAsync(tenant, StopToken);
        var rows = KeepData ? [] : await registry.CountRowsAsync(tenant, StopToken);
        var action = RemoveData && rows.Count > 0 ? $"Remove tenant and delete its rows in {string.Join(", ", rows)}" : "Remove tenant";
        if (!AskTo(tenant.Value, action))
        {
            return;
        }

        var options = new TenantRemovalOptions { RemoveData = RemoveData, KeepData = KeepData, Patience = TimeSpan.FromSeconds(Timeout) };

        // Progress<T> comes back to the context that it was made in: the pipeline's thread.
        var progress = new Progress<TenantRemovalProgress>(p => Show(tenant, p));
        await registry.RemoveAsync(tenant, options, ((IProgress<TenantRemovalProgress>)progress).Report, StopToken);
        WriteProgress(new ProgressRecord(0, $"Removing {tenant}", "Done") { RecordType = ProgressRecordType.Completed });
    }

    private void Show(TenantId tenant, TenantRemovalProgress progress) => WriteProgress(
        new ProgressRecord(0, $"Removing {tenant}", progress.Activity) { PercentComplete = progress.Total == 0 ? -1 : progress.Done * 100 / progress.Total });
}
