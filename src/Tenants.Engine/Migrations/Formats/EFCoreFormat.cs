using System.Text;
using System.Text.RegularExpressions;

namespace Tenants.Engine.Migrations.Formats;

/// <summary>
/// Entity Framework Core: a class by itself, without the designer's file, for the model does not change. EF finds it by the two
/// attributes, so the context's name is read from the folder.
/// </summary>
internal sealed partial class EFCoreFormat : IMigrationFormat
{
    /// <inheritdoc/>
    public IReadOnlyList<MigrationFile> Write(MigrationFolder folder, MigrationName name, IReadOnlyList<MigrationUnit> units, DateTimeOffset now)
    {
        var sources = CSharpFolder.Read(folder);
        sources.EnsureNew(name);
        var (context, usings) = Context(sources);
        var ids = sources.Sources.SelectMany(s => MigrationAttribute().Matches(s.Text).Select(m => (s.File, Id: m.Groups[1].Value))).ToList();
        foreach (var (file, id) in ids.Where(i => !IdText().IsMatch(i.Id)))
        {
            throw MigrationFolder.Unreadable(folder.In(file), $"has the id '{id}', and EF Core orders migrations by ids that begin with a time of fourteen digits");
        }

        var times = VersionNumbers.Next([.. ids.Select(i => i.Id[..14])], VersionNumbers.Timestamp, units.Count, now);
        return [.. units.Select((unit, i) =>
        {
            var className = MigrationName.ToClass(name.Of(i, units));
            var id = $"{times[i]}_{className}";
            return new MigrationFile(folder.In(id + ".cs"), Text(name, i, units, id, className, sources.Namespace ?? "Migrations", context, usings));
        })];
    }

    private static string Text(
        MigrationName name, int index, IReadOnlyList<MigrationUnit> units, string id, string className, string home, string context, IReadOnlyList<string> usings)
    {
        var unit = units[index];
        List<string> header = [.. SqlText.Header(name, index, units)];
        if (units.Count > 1 && unit.InTransaction)
        {
            header.Add("EF Core 9 runs all pending migrations in one transaction, and their locks last till its end: there, apply them one at a time (dotnet ef database update <name>).");
        }

        var text = new StringBuilder();
        foreach (var line in usings.Append("Microsoft.EntityFrameworkCore.Infrastructure").Append("Microsoft.EntityFrameworkCore.Migrations").Distinct().Order(StringComparer.Ordinal))
        {
            text.Append("using ").Append(line).Append(";\n");
        }

        text.Append("\nnamespace ").Append(home).Append(";\n\n");
        text.Append(string.Concat(header.Select(h => $"// {h}\n")));
        text.Append("[DbContext(typeof(").Append(context).Append("))]\n[Migration(\"").Append(id).Append("\")]\n");
        text.Append("public partial class ").Append(className).Append(" : Migration\n{\n");
        text.Append("    /// <inheritdoc />\n    protected override void Up(MigrationBuilder migrationBuilder)\n    {\n").Append(Body(unit, unit.Up)).Append("    }\n\n");
        text.Append("    /// <inheritdoc />\n    protected override void Down(MigrationBuilder migrationBuilder)\n    {\n").Append(Body(unit, unit.Down)).Append("    }\n}\n");
        return text.ToString();
    }

    private static string Body(MigrationUnit unit, IReadOnlyList<MigrationStatement> statements)
    {
        var calls = unit.InTransaction ? SqlText.InToolsTransaction(unit, statements) : statements;
        var option = unit.InTransaction ? "" : ", suppressTransaction: true";

        // With a semicolon: a script that EF writes of migrations has the texts one after the other.
        return string.Join('\n', calls.Select(c =>
            $"{(c.Purpose.Length == 0 ? "" : $"        // {c.Purpose}\n")}        migrationBuilder.Sql({CSharpText.Literal(c.Sql + ";", 12)}{option});\n"));
    }

    private static (string Context, IReadOnlyList<string> Usings) Context(CSharpFolder sources)
    {
        foreach (var (_, text) in sources.Sources.Reverse())
        {
            if (ContextAttribute().Match(text) is { Success: true } match)
            {
                // Where it is named shortly, one of that file's namespaces holds it.
                return (match.Groups[1].Value, [.. UsingLine().Matches(text).Select(m => m.Groups[1].Value)]);
            }
        }

        throw new TenantException(
            "MigrationContextNotFound",
            TenantErrorKind.NotFound,
            $"No file in '{sources.Folder.Path}' says which DbContext its migrations are for ([DbContext(typeof(…))]), and EF Core passes over a migration that does not. Make the first with 'dotnet ef migrations add', or name its folder with -Path.")
        {
            Target = sources.Folder.Path,
        };
    }

    [GeneratedRegex(@"\[\s*DbContext\s*\(\s*typeof\s*\(\s*([\w.:@]+)\s*\)\s*\)\s*\]")]
    private static partial Regex ContextAttribute();

    [GeneratedRegex(@"\[\s*Migration\s*\(\s*""([^""]*)""\s*\)\s*\]")]
    private static partial Regex MigrationAttribute();

    [GeneratedRegex(@"^[0-9]{14}_.")]
    private static partial Regex IdText();

    [GeneratedRegex(@"^\s*using\s+([\w.@]+)\s*;", RegexOptions.Multiline)]
    private static partial Regex UsingLine();
}
