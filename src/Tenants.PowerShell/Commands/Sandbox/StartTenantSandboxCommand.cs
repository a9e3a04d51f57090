using System.Management.Automation;
using Tenants.Engine.Sandbox;
using Tenants.Hosting;

namespace Tenants.Commands;

/// <summary>Starts a throwaway PostgreSQL server on this machine; what comes out pipes into Connect-TenantDatabase.</summary>
[Cmdlet(VerbsLifecycle.Start, "TenantSandbox", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Low)]
[OutputType(typeof(TenantSandbox))]
public sealed class StartTenantSandboxCommand : TenantCmdlet
{
    /// <summary>The folder with PostgreSQL's programs. Unless given: PATH, the usual install folders, else a download.</summary>
    [Parameter(Position = 0)]
    [ValidateNotNullOrEmpty]
    public string? BinaryPath { get; set; }

    /// <summary>The major version, such as 17: an installed one if there is one, else a download. Unless given: any from 14 on.</summary>
    [Parameter]
    public int? Version { get; set; }

    /// <summary>The name of the database to make in it.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string Database { get; set; } = "sandbox";

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        if (!ShouldProcess(Database, "Start a throwaway PostgreSQL server"))
        {
            return;
        }

        var options = new SandboxOptions
        {
            BinaryPath = BinaryPath is null ? null : GetUnresolvedProviderPathFromPSPath(BinaryPath),
            Version = Version,
            Database = Database,
        };

        // Progress<T> comes back to the context that it was made in: the pipeline's thread.
        var sandbox = await PostgresSandbox.StartAsync(options, new Progress<SandboxProgress>(Show), StopToken);
        RunspaceHoldings.Current.Owned.TryAdd(sandbox, 0);
        WriteProgress(new ProgressRecord(0, MyInvocation.MyCommand.Name, "Done") { RecordType = ProgressRecordType.Completed });
        WriteVerbose($"PostgreSQL {sandbox.Version} of {sandbox.BinaryPath} runs at {sandbox}. "
            + "Its data do not outlive it: fsync is off, and it ends with this process.");
        WriteObject(sandbox);
    }

    private void Show(SandboxProgress progress) => WriteProgress(
        new ProgressRecord(0, MyInvocation.MyCommand.Name, progress.Status) { PercentComplete = progress.PercentComplete ?? -1 });
}
