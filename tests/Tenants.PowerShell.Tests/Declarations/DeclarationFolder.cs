namespace Tenants.PowerShell.Tests.Declarations;

/// <summary>A folder for declarations, gone with the test.</summary>
internal sealed class DeclarationFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("tenancy").FullName;

    public string File => System.IO.Path.Combine(Path, "tenancy.psd1");

    public string Write(string text)
    {
        System.IO.File.WriteAllText(File, text);
        return File;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
