using System.Management.Automation;
using System.Runtime.CompilerServices;

namespace Tenants.Hosting;

/// <summary>What happens when the module is imported and removed.</summary>
public sealed class ModuleLifetime : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnImport() => ModuleLoadContext.Attach();

    /// <inheritdoc/>
    /// <remarks>
    /// Closes what this runspace holds, and no more: others of the process may work on. The load context answers for ever, for
    /// they need it, and so does this one when it imports the module again.
    /// </remarks>
    public void OnRemove(PSModuleInfo psModuleInfo) => CloseAll();

    // Apart, for it names types of the engine, which the runtime looks for when it compiles the method.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CloseAll() => RunspaceHoldings.CloseCurrent();
}
