using System.Management.Automation;
using Tenants.Hosting;

namespace Tenants.Declarations;

/// <summary>Where a declaration lies.</summary>
internal static class DeclarationPath
{
    /// <summary>The absolute path of a file that may not be there yet; wildcards mean nothing in it.</summary>
    /// <exception cref="TenantException"><c>DeclarationNotReadable</c>: it is not on the file system.</exception>
    public static string Resolve(SessionState state, string path) => FilePath.Resolve(state, path, "DeclarationNotReadable", "a declaration's file");
}
