using System.Management.Automation;
using System.Runtime.CompilerServices;

namespace Tenants.Hosting;

/// <summary>What happens when the module is imported and removed.</summary>
public sealed class ModuleLifetime : IModuleAssemblyInitializer, IModuleAssemblyCleanup
{
    /// <inheritdoc/>
    public void OnImport() => ModuleLoadContext.Attach();

    /// <inheritdoc/>
    public void OnRemove(PSModuleInfo psModuleInfo)
    {
        CloseAll();
        ModuleLoadContext.Detach();
    }

    // Apart, for it names types of the engine, which the runtime looks for when it compiles the method.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CloseAll() => RunspaceHoldings.CloseCurrent();
}
