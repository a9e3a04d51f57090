using System.Management.Automation;
using Tenants.Engine.Sessions;

namespace Tenants.Commands;

/// <summary>Closes sessions: what is open in them is undone, and their connections go back clean.</summary>
[Cmdlet(VerbsCommon.Remove, "TenantSession", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
public sealed class RemoveTenantSessionCommand : SessionCmdlet
{
    /// <inheritdoc/>
    private protected override string Action => "Close the session";

    /// <inheritdoc/>
    private protected override Task WorkAsync(OpenSession session) => session.DisposeAsync().AsTask();
}
