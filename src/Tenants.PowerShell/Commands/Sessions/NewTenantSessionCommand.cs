using System.Management.Automation;
using Tenants.Engine.Connections;
using Tenants.Engine.Sessions;
using Tenants.Hosting;

namespace Tenants.Commands;

/// <summary>Opens a session: one connection held for one tenant, in which settings, temporary tables and transactions last.</summary>
[Cmdlet(VerbsCommon.New, "TenantSession", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(TenantSession))]
public sealed class NewTenantSessionCommand : TenantConnectionCmdlet
{
    /// <summary>The tenants, to the letter; a session for each.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [Alias("Id")]
    [ValidateNotNullOrEmpty]
    public string[] Tenant { get; set; } = [];

    /// <summary>Creates a tenant that is not there yet.</summary>
    [Parameter]
    public SwitchParameter CreateIfMissing { get; set; }

    /// <summary>Refuses a connection that is not sealed, before anything is sent. Unless given: as $TenantTrustPreference says.</summary>
    [Parameter]
    public SwitchParameter RequireSealed { get; set; }

    /// <inheritdoc/>
    private protected override TenantTrust WantedTrust => SealedNeed.Of(this);

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();
        SealedNeed.Check(WantedTrust, database);
        foreach (var tenant in Tenant)
        {
            if (!ShouldProcess(tenant, "Open a session"))
            {
                continue;
            }

            try
            {
                WriteObject(await OpenAsync(database, tenant));
            }
            catch (TenantException e) when (Tenant.Length > 1 || MyInvocation.ExpectingInput)
            {
                WriteFailure(e, tenant);
            }
        }
    }

    private async Task<TenantSession> OpenAsync(TenantDatabase database, string tenant)
    {
        try
        {
            return await OpenSession.OpenAsync(database, tenant, StopToken);
        }
        catch (TenantException e) when (CreateIfMissing && e.ErrorId == "TenantNotFound")
        {
            await MissingTenant.CreateAsync(database, tenant, StopToken);
            WriteVerbose($"Created the tenant '{tenant}'.");
            return await OpenSession.OpenAsync(database, tenant, StopToken);
        }
    }
}
