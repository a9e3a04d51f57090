using System.Text.RegularExpressions;

namespace Tenants.Engine.Migrations.Formats;

/// <summary>A folder of migrations that are classes in C#: what new ones take over from it.</summary>
/// <param name="Folder">The folder.</param>
/// <param name="Sources">Its files in C# with their text, sorted by name.</param>
internal sealed partial record CSharpFolder(MigrationFolder Folder, IReadOnlyList<(string File, string Text)> Sources)
{
    /// <summary>Reads the folder.</summary>
    public static CSharpFolder Read(MigrationFolder folder) =>
        new(folder, [.. folder.Names.Where(n => n.EndsWith(".cs", StringComparison.OrdinalIgnoreCase)).Select(n => (n, folder.Read(n)))]);

    /// <summary>The namespace that the newest of the files that has one uses.</summary>
    public string? Namespace => Sources.Reverse().Select(s => NamespaceLine().Match(s.Text)).FirstOrDefault(m => m.Success)?.Groups[1].Value;

    /// <summary>Fails where a class of the migration is there already.</summary>
    /// <exception cref="TenantException"><c>MigrationExists</c>.</exception>
    public void EnsureNew(MigrationName name)
    {
        var own = new Regex($"\\bclass\\s+{Regex.Escape(MigrationName.ToClass(name.Text))}([0-9]{{2,3}}[A-Za-z]+)?\\s*(:|\\{{)");
        if (Sources.FirstOrDefault(s => own.IsMatch(s.Text)).File is { } file)
        {
            throw MigrationFolder.Exists(Folder.In(file));
        }
    }

    [GeneratedRegex(@"^\s*namespace\s+([\w.@]+)", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();
}
