using System.Management.Automation;

namespace Tenants.Benchmarks.Peers;

/// <summary>Writes one and the same object many times: what PowerShell's pipeline costs by itself.</summary>
[Cmdlet(VerbsCommunications.Write, "Constant")]
public sealed class WriteConstantCommand : PSCmdlet
{
    /// <summary>How many times.</summary>
    [Parameter(Position = 0, Mandatory = true)]
    public int Count { get; set; }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        var constant = new PSObject();
        for (var i = 0; i < Count; i++)
        {
            WriteObject(constant);
        }
    }
}
