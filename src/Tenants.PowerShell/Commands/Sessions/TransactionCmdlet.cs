using System.Management.Automation;

namespace Tenants.Commands;

/// <summary>The base of the cmdlets that begin and end transactions.</summary>
public abstract class TransactionCmdlet : SessionCmdlet
{
    /// <summary>Writes the session.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    private protected sealed override void Done(TenantSession session)
    {
        if (PassThru)
        {
            WriteObject(session);
        }
    }
}
