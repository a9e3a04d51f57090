using System.Management.Automation;

namespace Tenants.Hosting;

/// <summary>A path of the file system, by PowerShell's own location.</summary>
internal static class FilePath
{
    /// <summary>The absolute path of a file or folder that may not be there yet; wildcards mean nothing in it.</summary>
    /// <param name="state">Where PowerShell stands.</param>
    /// <param name="path">The path as it was given.</param>
    /// <param name="errorId">What it is called where the path is not on the file system.</param>
    /// <param name="what">What should lie there, for the message.</param>
    /// <exception cref="TenantException">It is not on the file system.</exception>
    public static string Resolve(SessionState state, string path, string errorId, string what)
    {
        TenantException Wrong(string why) => new(errorId, TenantErrorKind.InvalidArgument, $"'{path}' cannot be {what}: {why}.") { Target = path };
        try
        {
            var resolved = state.Path.GetUnresolvedProviderPathFromPSPath(path, out var provider, out _);
            return provider.Name == "FileSystem" ? resolved : throw Wrong($"it lies on the provider {provider.Name}, and not in the file system");
        }
        catch (Exception e) when (e is RuntimeException or ArgumentException)
        {
            throw Wrong(e.Message.TrimEnd('.'));
        }
    }
}
