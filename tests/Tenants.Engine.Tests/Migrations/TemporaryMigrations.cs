namespace Tenants.Engine.Tests.Migrations;

/// <summary>A folder of a migration tool, which goes with its test.</summary>
internal sealed class TemporaryMigrations : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("tenants-migrations-").FullName;

    public string Add(string name, string text)
    {
        var path = System.IO.Path.Combine(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
