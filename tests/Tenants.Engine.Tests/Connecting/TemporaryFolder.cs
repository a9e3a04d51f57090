namespace Tenants.Engine.Tests.Connecting;

internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("tenants-test-").FullName;

    public string Write(string name, string text, bool ownerOnly = false)
    {
        var file = System.IO.Path.Combine(Path, name);
        File.WriteAllText(file, text);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | (ownerOnly ? 0 : UnixFileMode.OtherRead));
        }

        return file;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
