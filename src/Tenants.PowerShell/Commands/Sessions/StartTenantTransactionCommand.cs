using System.Management.Automation;
using Tenants.Engine.Sessions;

namespace Tenants.Commands;

/// <summary>Begins a transaction in a session; within one, a nested one, which is undone by itself.</summary>
[Cmdlet(VerbsLifecycle.Start, "TenantTransaction", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(TenantSession))]
public sealed class StartTenantTransactionCommand : TransactionCmdlet
{
    /// <summary>How much it sees of what others do meanwhile; only for the outermost. Unless given: the server's default, ReadCommitted as a rule.</summary>
    [Parameter]
    public TenantIsolationLevel? IsolationLevel { get; set; }

    /// <summary>The transaction may not write; only for the outermost.</summary>
    [Parameter]
    public SwitchParameter ReadOnly { get; set; }

    /// <inheritdoc/>
    private protected override string Action => "Begin a transaction";

    /// <inheritdoc/>
    private protected override Task WorkAsync(OpenSession session) => session.StartTransactionAsync(IsolationLevel, ReadOnly, StopToken);
}
