using System.Management.Automation.Runspaces;
using System.Reflection;

namespace Tenants.Shell;

/// <summary>
/// Makes <c>exit n</c> in the next script file end the host, as under <c>pwsh -File</c>; without it only the script ends. pwsh sets the same
/// switch (ConsoleHost.cs, ScriptCommandProcessorShouldRethrowExit), which the engine shows to its own host alone.
/// </summary>
internal static class ExitInScript
{
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic;

    public static void EndsTheHost(Runspace runspace)
    {
        var context = runspace.GetType().GetProperty("GetExecutionContext", Hidden)?.GetValue(runspace)
            ?? runspace.GetType().GetProperty("ExecutionContext", Hidden)?.GetValue(runspace);
        var property = context?.GetType().GetProperty("ScriptCommandProcessorShouldRethrowExit", Hidden)
            ?? throw new MissingMemberException("This version of System.Management.Automation has no ScriptCommandProcessorShouldRethrowExit.");
        property.SetValue(context, true);
    }
}
