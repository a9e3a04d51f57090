using System.Management.Automation;
using Tenants.Hosting;

namespace Tenants.Commands;

/// <summary>Stops a sandbox and removes its data; without one, all that this runspace started.</summary>
[Cmdlet(VerbsLifecycle.Stop, "TenantSandbox", SupportsShouldProcess = true)]
public sealed class StopTenantSandboxCommand : TenantCmdlet
{
    /// <summary>The sandboxes to stop. Unless given: every one that was started in this runspace.</summary>
    [Parameter(Position = 0, ValueFromPipeline = true)]
    [ValidateNotNull]
    public TenantSandbox[]? Sandbox { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var holdings = RunspaceHoldings.Current;
        foreach (var sandbox in Sandbox ?? [.. holdings.Owned.Keys.OfType<TenantSandbox>()])
        {
            if (ShouldProcess(sandbox.ToString(), "Stop the server and remove its data"))
            {
                await sandbox.DisposeAsync();
                holdings.Owned.TryRemove(sandbox, out _);
            }
        }
    }
}
