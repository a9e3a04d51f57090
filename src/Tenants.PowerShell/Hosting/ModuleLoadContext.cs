using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace Tenants.Hosting;

/// <summary>
/// The context in which the engine, Npgsql and all that they need are loaded, so that another module's Npgsql or logging
/// assembly never meets ours. The form is the one that Microsoft describes under "Resolving PowerShell module assembly
/// dependency conflicts": the cmdlets name the engine, the default context does not find it, and asks here.
/// </summary>
internal sealed class ModuleLoadContext : AssemblyLoadContext
{
    private const string Engine = "Tenants.Engine";
    private const string Portable = "engine";
    private const string Complete = "complete";

    private static readonly string s_folder = FindFolder(Path.GetDirectoryName(typeof(ModuleLoadContext).Assembly.Location)!);
    private static readonly ModuleLoadContext s_instance = new();

    private static int s_attached;

    private ModuleLoadContext()
        : base("Tenants")
    {
    }

    /// <summary>Begins to answer for the engine, once for the process, however many runspaces import the module.</summary>
    public static void Attach()
    {
        if (Interlocked.Exchange(ref s_attached, 1) == 0)
        {
            Default.Resolving += Resolve;
        }
    }

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        // What both sides share must be one: it is loaded beside the cmdlets.
        var path = Path.Combine(s_folder, $"{assemblyName.Name}.dll");
        return File.Exists(path) ? LoadFromAssemblyPath(path) : null;
    }

    /// <summary>The folder to load from. Beside the portable assemblies lie the same ones compiled for some machines, by .NET 10: older runtimes could not use that code.</summary>
    /// <param name="bin">Where the cmdlets lie.</param>
    internal static string FindFolder(string bin)
    {
        // The mark is written last: what is still being made, or was cut off, is passed over.
        var native = Path.Combine(bin, "native", RuntimeInformation.RuntimeIdentifier);
        return Environment.Version.Major >= 10 && File.Exists(Path.Combine(native, Complete)) ? native : Path.Combine(bin, Portable);
    }

    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName name) =>
        name.Name == Engine ? s_instance.LoadFromAssemblyName(name) : null;
}
