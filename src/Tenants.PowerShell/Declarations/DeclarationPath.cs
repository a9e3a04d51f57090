using System.Management.Automation;

namespace Tenants.Declarations;

/// <summary>Where a declaration lies, by PowerShell's own location.</summary>
internal static class DeclarationPath
{
    /// <summary>The absolute path of a file that may not be there yet; wildcards mean nothing in it.</summary>
    /// <exception cref="TenantException"><c>DeclarationNotReadable</c>: it is not on the file system.</exception>
    public static string Resolve(SessionState state, string path)
    {
        try
        {
            var resolved = state.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
            return provider.Name == "FileSystem" ? resolved : throw Wrong(path, $"it lies on the provider {provider.Name}, and not in the file system");
        }
        catch (Exception e) when (e is RuntimeException or ArgumentException)
        {
            throw Wrong(path, e.Message.TrimEnd('.'));
        }
    }

    private static TenantException Wrong(string path, string why) =>
        new("DeclarationNotReadable", TenantErrorKind.InvalidArgument, $"'{path}' cannot be a declaration's file: {why}.") { Target = path };
}
