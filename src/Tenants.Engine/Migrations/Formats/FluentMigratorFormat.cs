using System.Text;
using System.Text.RegularExpressions;

namespace Tenants.Engine.Migrations.Formats;

/// <summary>FluentMigrator: a class with a version, whose transaction the runner begins unless the attribute says that there is to be none.</summary>
internal sealed partial class FluentMigratorFormat : IMigrationFormat
{
    /// <inheritdoc/>
    public IReadOnlyList<MigrationFile> Write(MigrationFolder folder, MigrationName name, IReadOnlyList<MigrationUnit> units, DateTimeOffset now)
    {
        var sources = CSharpFolder.Read(folder);
        sources.EnsureNew(name);
        var versions = VersionNumbers.Next(Versions(sources), VersionNumbers.Timestamp, units.Count, now);
        return [.. units.Select((unit, i) =>
        {
            var className = MigrationName.ToClass(name.Of(i, units));
            return new MigrationFile(folder.In($"{versions[i]}_{className}.cs"), Text(name, i, units, versions[i], className, sources.Namespace ?? "Migrations"));
        })];
    }

    private static List<string> Versions(CSharpFolder sources)
    {
        var versions = new List<string>();
        foreach (var (file, text) in sources.Sources)
        {
            string[] found = [.. VersionAttribute().Matches(text).Select(m => m.Groups[1].Value.Replace("_", "", StringComparison.Ordinal))];
            if (found.Any(v => !VersionNumbers.IsNumber(v)) || (found.Length == 0 && MigrationClass().IsMatch(text)))
            {
                throw MigrationFolder.Unreadable(sources.Folder.In(file), "holds a migration whose version is not written as a number: [Migration(20260102030405)]");
            }

            versions.AddRange(found);
        }

        return versions;
    }

    private static string Text(MigrationName name, int index, IReadOnlyList<MigrationUnit> units, string version, string className, string home)
    {
        var unit = units[index];
        var number = version.TrimStart('0') is { Length: > 0 } digits ? digits : "0";
        var text = new StringBuilder($"using FluentMigrator;\n\nnamespace {home};\n\n");
        text.Append(string.Concat(SqlText.Header(name, index, units).Select(h => $"// {h}\n")));
        text.Append("[Migration(").Append(number).Append(unit.InTransaction ? "" : ", TransactionBehavior.None").Append(")]\n");
        text.Append("public class ").Append(className).Append(" : Migration\n{\n");
        text.Append("    public override void Up()\n    {\n").Append(Body(unit, unit.Up)).Append("    }\n\n");
        text.Append("    public override void Down()\n    {\n").Append(Body(unit, unit.Down)).Append("    }\n}\n");
        return text.ToString();
    }

    private static string Body(MigrationUnit unit, IReadOnlyList<MigrationStatement> statements)
    {
        var calls = unit.InTransaction ? SqlText.InToolsTransaction(unit, statements) : statements;
        return string.Join('\n', calls.Select(c => $"{(c.Purpose.Length == 0 ? "" : $"        // {c.Purpose}\n")}        Execute.Sql({CSharpText.Literal(c.Sql, 12)});\n"));
    }

    [GeneratedRegex(@"\[\s*(?:Timestamped)?Migration\s*\(\s*(?:version\s*:\s*)?([0-9_]+)[Ll]?\s*[,)]")]
    private static partial Regex VersionAttribute();

    [GeneratedRegex(@"\bclass\s+\w+\s*:\s*(?:FluentMigrator\.)?(?:Auto\w*|ForwardOnly)?Migration\b")]
    private static partial Regex MigrationClass();
}
