using System.Management.Automation.Runspaces;

namespace Tenants.Benchmarks.Peers;

/// <summary>The cmdlets that the module is held against.</summary>
internal static class PeerCmdlets
{
    /// <summary>Puts them into a session.</summary>
    public static void AddTo(InitialSessionState state)
    {
        state.Commands.Add(new SessionStateCmdletEntry("Invoke-PeerQuery", typeof(InvokePeerQueryCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("Write-Constant", typeof(WriteConstantCommand), null));
        state.Commands.Add(new SessionStateCmdletEntry("Receive-Object", typeof(ReceiveObjectCommand), null));
    }
}
