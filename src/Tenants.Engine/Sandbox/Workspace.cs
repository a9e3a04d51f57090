namespace Tenants.Engine.Sandbox;

/// <summary>A folder that goes when its work is done.</summary>
internal sealed class Workspace(string path) : IDisposable
{
    public string Path => path;

    public void Dispose() => Remove(path);

    /// <summary>Removes a folder as far as that is possible: what stays does no harm.</summary>
    public static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another process removes it too, or a virus scanner holds a file.
        }
    }
}
