using System.Management.Automation;
using Tenants.Engine.Sessions;

namespace Tenants.Commands;

/// <summary>Undoes the innermost open transaction of a session.</summary>
[Cmdlet(VerbsCommon.Undo, "TenantTransaction", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(TenantSession))]
public sealed class UndoTenantTransactionCommand : TransactionCmdlet
{
    /// <inheritdoc/>
    private protected override string Action => "Undo the transaction";

    /// <inheritdoc/>
    private protected override Task WorkAsync(OpenSession session) => session.UndoTransactionAsync(StopToken);
}
