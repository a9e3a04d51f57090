using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Microsoft.PowerShell;

namespace Tenants.Shell;

/// <summary>The session that everything runs in: PowerShell's engine as it is in its own assembly, and nothing from this machine.</summary>
internal static class Session
{
    public static Runspace Open(ShellHost host)
    {
        var state = InitialSessionState.CreateDefault2();
        if (OperatingSystem.IsWindows())
        {
            // Whoever may start this host may run a script in it.
            state.ExecutionPolicy = ExecutionPolicy.Bypass;
        }

        var runspace = RunspaceFactory.CreateRunspace(host, state);
        runspace.ThreadOptions = PSThreadOptions.ReuseThread;
        runspace.Open();
        Runspace.DefaultRunspace = runspace;

        // Opening it has put the folders of an installed PowerShell here: their modules want cmdlets that this engine lacks.
        Environment.SetEnvironmentVariable("PSModulePath", Path.Combine(AppContext.BaseDirectory, "Modules"));
        return runspace;
    }
}
