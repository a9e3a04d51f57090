using System.Security.Cryptography;

namespace Tenants.Engine.Tests.Sandbox;

/// <summary>A folder for one test, which every user may enter: as root the server runs as somebody else.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder()
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), "tenants-test-" + RandomNumberGenerator.GetHexString(16, lowercase: true));
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    public string File(string name, string text)
    {
        var file = System.IO.Path.Combine(Path, name);
        System.IO.File.WriteAllText(file, text);
        return file;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
