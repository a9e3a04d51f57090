namespace Tenants.PowerShell.Tests.Shell;

/// <summary>A script file that goes with its test.</summary>
internal sealed class TemporaryScript : IDisposable
{
    public TemporaryScript(string text)
    {
        Path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"tenants-{Guid.NewGuid():N}.ps1");
        File.WriteAllText(Path, text);
    }

    public string Path { get; }

    public void Dispose() => File.Delete(Path);
}
