using System.Globalization;
using System.Numerics;
using System.Text.RegularExpressions;

namespace Tenants.Engine.Migrations.Formats;

/// <summary>
/// Flyway: <c>V…__name.sql</c>, and <c>U…__name.sql</c> to undo it. Flyway begins and ends the transaction; a file beside a migration
/// (<c>.sql.conf</c>) says that there is to be none, and that <c>${…}</c> in it is no placeholder. It looks into the folders below as well,
/// hidden ones excepted, and a new database begins with the newest <c>B…__name.sql</c>: what has a version up to that one is passed over.
/// </summary>
internal sealed partial class FlywayFormat : IMigrationFormat
{
    /// <inheritdoc/>
    public MigrationFolder Home(MigrationFolder folder) => folder.Whole();

    /// <inheritdoc/>
    public IReadOnlyList<MigrationFile> Write(MigrationFolder folder, MigrationName name, IReadOnlyList<MigrationUnit> units, DateTimeOffset now)
    {
        var versions = Versions(folder, name, units.Count, now);
        return [.. units.SelectMany((unit, i) => new[] { (Prefix: 'V', IsDown: false), (Prefix: 'U', IsDown: true) }
            .SelectMany(way => Files(folder, $"{way.Prefix}{versions[i]}__{name.Of(i, units)}.sql", name, i, units, way.IsDown)))];
    }

    private static IEnumerable<MigrationFile> Files(
        MigrationFolder folder, string file, MigrationName name, int index, IReadOnlyList<MigrationUnit> units, bool isDown)
    {
        var unit = units[index];
        var statements = isDown ? unit.Down : unit.Up;
        List<string> header = [.. SqlText.Header(name, index, units, isDown)];
        if (!unit.InTransaction)
        {
            header.Add("Flyway holds a transaction of its own open meanwhile, for which the index would wait for ever, unless it runs with flyway.postgresql.transactional.lock=false.");
        }

        var text = SqlText.Comments(header) + (statements.Count == 0
            ? "-- There is nothing to undo.\nselect 1;\n"
            : SqlText.Statements(unit.InTransaction ? SqlText.InToolsTransaction(unit, statements) : statements));
        yield return new MigrationFile(folder.In(file), text);

        string[] settings = [.. unit.InTransaction ? (string[])[] : ["executeInTransaction=false\n"], .. text.Contains("${", StringComparison.Ordinal) ? (string[])["placeholderReplacement=false\n"] : []];
        if (settings.Length > 0)
        {
            yield return new MigrationFile(folder.In(file + ".conf"), string.Concat(settings));
        }
    }

    private static IReadOnlyList<string> Versions(MigrationFolder folder, MigrationName name, int count, DateTimeOffset now)
    {
        var standing = new List<(string Text, BigInteger[] Parts)>();
        foreach (var file in folder.Names)
        {
            if (FileName().Match(Path.GetFileName(file)) is not { Success: true } match)
            {
                continue;
            }

            NumberedFiles.EnsureNew(folder, file, match.Groups["name"].Value, name);
            var text = match.Groups["version"].Value;
            standing.Add(VersionText().IsMatch(text)
                ? (text, [.. text.Split('.', '_').Select(p => BigInteger.Parse(p, CultureInfo.InvariantCulture))])
                : throw MigrationFolder.Unreadable(folder.In(file), "has a version that is no number, with dots or not"));
        }

        var last = standing.OrderBy(s => s.Parts, Comparer<BigInteger[]>.Create(Compare)).LastOrDefault().Text;
        if (last is null || VersionNumbers.IsNumber(last))
        {
            return VersionNumbers.Next(last is null ? [] : [last], "1", count, now);
        }

        // V2.4 or V2_4: the last part counts on.
        var cut = last.LastIndexOfAny(['.', '_']) + 1;
        return VersionNumbers.IsNumber(last[cut..])
            ? [.. VersionNumbers.Next([last[cut..]], "1", count, now).Select(n => last[..cut] + n)]
            : throw MigrationFolder.Unreadable(folder.Path, $"has the version {last}, which is too long to count on from");
    }

    private static int Compare(BigInteger[]? a, BigInteger[]? b)
    {
        for (var i = 0; i < Math.Max(a!.Length, b!.Length); i++)
        {
            var order = (i < a.Length ? a[i] : BigInteger.Zero).CompareTo(i < b.Length ? b[i] : BigInteger.Zero);
            if (order != 0)
            {
                return order;
            }
        }

        return 0;
    }

    [GeneratedRegex("^[VUB](?<version>.+?)__(?<name>.*)\\.sql\\z")]
    private static partial Regex FileName();

    [GeneratedRegex("^[0-9]+([._][0-9]+)*\\z")]
    private static partial Regex VersionText();
}
