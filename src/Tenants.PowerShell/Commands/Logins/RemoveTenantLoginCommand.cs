using System.Management.Automation;
using Tenants.Engine.Isolation.Logins;

namespace Tenants.Commands;

/// <summary>
/// Removes logins: they open no session from then on, those that are open end, and what they own in the database goes. One that was
/// taken over stays, with all that is its own; it loses its keys and the rights of tenants' SQL.
/// </summary>
[Cmdlet(VerbsCommon.Remove, "TenantLogin", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
public sealed class RemoveTenantLoginCommand : TenantConnectionCmdlet
{
    /// <summary>The names, to the letter: wildcards mean nothing here.</summary>
    [Parameter(Position = 0, Mandatory = true, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var registry = await LoginRegistry.OpenAsync(await GetDatabaseAsync(), StopToken);
        foreach (var name in Name)
        {
            try
            {
                if (AskTo(name, "Remove login, and end its sessions"))
                {
                    if (await registry.RemoveAsync(name, StopToken) is { } left)
                    {
                        WriteWarning($"The login '{name}' signs nothing any more. This admin may not take back what a DBA gave it: have one run: {left}");
                    }
                }
            }
            catch (TenantException e) when (e.Kind is not TenantErrorKind.Connection && e.ErrorId != "ConfirmationNeeded")
            {
                WriteFailure(e, name);
            }
        }
    }
}
