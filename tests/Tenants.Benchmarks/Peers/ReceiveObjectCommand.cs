using System.Management.Automation;

namespace Tenants.Benchmarks.Peers;

/// <summary>Takes what comes through the pipeline and does nothing with it: what binding objects to a compiled cmdlet costs by itself.</summary>
[Cmdlet(VerbsCommunications.Receive, "Object")]
public sealed class ReceiveObjectCommand : PSCmdlet
{
    /// <summary>The object.</summary>
    [Parameter(ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }
}
