namespace Tenants.Hosting;

/// <summary>Reads files of SQL.</summary>
internal static class ScriptFile
{
    /// <summary>The text of a file, in UTF-8 or with a byte order mark.</summary>
    /// <param name="path">The file system's own path.</param>
    /// <exception cref="TenantException"><c>FileNotFound</c>, <c>FileNotReadable</c>.</exception>
    public static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var isMissing = e is FileNotFoundException or DirectoryNotFoundException;
            throw new TenantException(
                isMissing ? "FileNotFound" : "FileNotReadable",
                isMissing ? TenantErrorKind.NotFound : TenantErrorKind.PermissionDenied,
                isMissing ? $"There is no file '{path}'." : $"The file '{path}' cannot be read: {e.Message}")
            {
                Target = path,
            };
        }
    }
}
