using System.Management.Automation;

namespace Tenants.Migrations;

/// <summary>Where migrations lie, by PowerShell's own location.</summary>
internal static class MigrationPath
{
    /// <summary>The absolute path of a folder; wildcards mean nothing in it.</summary>
    /// <exception cref="TenantException"><c>MigrationFolderNotFound</c>: it is not on the file system.</exception>
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
        new("MigrationFolderNotFound", TenantErrorKind.InvalidArgument, $"'{path}' cannot be the folder of a migration tool: {why}.") { Target = path };
}
