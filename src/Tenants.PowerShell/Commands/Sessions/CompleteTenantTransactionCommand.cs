using System.Management.Automation;
using Tenants.Engine.Sessions;

namespace Tenants.Commands;

/// <summary>Commits the innermost open transaction of a session; a nested one becomes part of the one around it.</summary>
[Cmdlet(VerbsLifecycle.Complete, "TenantTransaction", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(TenantSession))]
public sealed class CompleteTenantTransactionCommand : TransactionCmdlet
{
    /// <inheritdoc/>
    private protected override string Action => "Commit the transaction";

    /// <inheritdoc/>
    private protected override Task WorkAsync(OpenSession session) => session.CompleteTransactionAsync(StopToken);
}
