using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tenants.Engine.Tests.RedTeam;

/// <summary>
/// Writes what came of a whole run to output/redteam/&lt;major&gt;.json, and, where TENANTS_REDTEAM_DOCUMENT names a file, the
/// tables of all such runs into it, between two markers.
/// </summary>
public sealed class RedTeamReport : IAsyncDisposable
{
    /// <summary>Stands before the tables.</summary>
    internal const string Begin = "<!-- red-team: begin, written by build.ps1 redteam -->";
    /// <summary>Stands after them.</summary>
    internal const string End = "<!-- red-team: end -->";

    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    private readonly ConcurrentBag<AttackResult> _results = [];

    internal void Add(AttackResult result) => _results.Add(result);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await AttackWorld.DropTemplateAsync();
        if (Root() is not { } root || _results.IsEmpty)
        {
            return;
        }

        var folder = Directory.CreateDirectory(Path.Combine(root, "output", "redteam")).FullName;
        var major = _results.First().Major;
        var file = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{major}.json"));
        var ran = _results
            .OrderBy(r => r.Attack.Family).ThenBy(r => r.Attack.Id, StringComparer.Ordinal).ThenBy(r => r.Trust)
            .Select(r => new Line(
                r.Attack.Id, r.Attack.Family, r.Attack.Tries, r.Trust, r.Verdict, r.Note,
                r.Verdict == AttackVerdict.Listed ? r.Attack.ListingFor(r.Trust, r.Major)!.Closer : null))
            .ToList();

        // A part that ran again, after an attack or the product was mended, takes the place of what it said before; a part alone is no report.
        var before = File.Exists(file) ? JsonSerializer.Deserialize<List<Line>>(await File.ReadAllTextAsync(file), s_json)! : [];
        var again = ran.Select(l => (l.Id, l.Trust)).ToHashSet();
        var known = AttackList.All.Select(a => a.Id).ToHashSet(StringComparer.Ordinal);
        List<Line> lines =
        [
            .. before.Where(l => known.Contains(l.Id) && !again.Contains((l.Id, l.Trust))).Concat(ran)
                .OrderBy(l => l.Family).ThenBy(l => l.Id, StringComparer.Ordinal).ThenBy(l => l.Trust),
        ];
        if (lines.Count < AttackList.All.Count * 3)
        {
            return;
        }

        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(lines, s_json));
        if (Environment.GetEnvironmentVariable("TENANTS_REDTEAM_DOCUMENT") is { Length: > 0 } document)
        {
            await RewriteAsync(folder, document);
        }
    }

    private static async Task RewriteAsync(string folder, string document)
    {
        var runs = new SortedDictionary<int, List<Line>>();
        foreach (var file in Directory.GetFiles(folder, "*.json"))
        {
            if (int.TryParse(Path.GetFileNameWithoutExtension(file), CultureInfo.InvariantCulture, out var major))
            {
                runs[major] = JsonSerializer.Deserialize<List<Line>>(await File.ReadAllTextAsync(file), s_json)!;
            }
        }

        var text = File.Exists(document) ? await File.ReadAllTextAsync(document) : $"{Begin}\n{End}\n";
        var begin = text.IndexOf(Begin, StringComparison.Ordinal);
        var end = text.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
        {
            text += $"\n{Begin}\n{End}\n";
            begin = text.IndexOf(Begin, StringComparison.Ordinal);
            end = text.IndexOf(End, StringComparison.Ordinal);
        }

        await File.WriteAllTextAsync(document, string.Concat(text.AsSpan(0, begin + Begin.Length), "\n", Tables(runs), text.AsSpan(end)));
    }

    private static string Tables(SortedDictionary<int, List<Line>> runs)
    {
        AttackTrust[] trusts = [AttackTrust.Scoped, AttackTrust.Shared, AttackTrust.Bound];
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"\n{runs.Values.Max(r => r.Select(l => l.Id).Distinct().Count())} attacks, run on PostgreSQL {string.Join(", ", runs.Keys)}. Each cell: how many are closed, and how many are listed below.\n\n");
        text.Append("| family |").AppendJoin("", trusts.SelectMany(t => runs.Keys.Select(m => $" {Name(t)} {m} |"))).Append('\n');
        text.Append("| --- |").AppendJoin("", Enumerable.Repeat(" --- |", trusts.Length * runs.Count)).Append('\n');
        foreach (var family in Enum.GetValues<AttackFamily>())
        {
            text.Append(CultureInfo.InvariantCulture, $"| {Name(family)} |");
            foreach (var (trust, major) in trusts.SelectMany(t => runs.Keys.Select(m => (t, m))))
            {
                text.Append(CultureInfo.InvariantCulture, $" {Cell([.. runs[major].Where(l => l.Family == family && l.Trust == trust)])} |");
            }

            text.Append('\n');
        }

        text.Append("\nListed: these succeed, and the suite shows that they do.\n\n| attack | what it does | over | on | why | who can close it |\n| --- | --- | --- | --- | --- | --- |\n");
        var listed = runs.SelectMany(run => run.Value.Where(l => l.Verdict == AttackVerdict.Listed).Select(line => (Major: run.Key, Line: line)));
        foreach (var group in listed.GroupBy(l => (l.Line.Family, l.Line.Id, l.Line.Note)).OrderBy(g => g.Key.Family).ThenBy(g => g.Key.Id, StringComparer.Ordinal))
        {
            var line = group.First().Line;
            var over = string.Join(", ", group.Select(l => l.Line.Trust).Distinct().Order().Select(Name));
            var on = string.Join(", ", group.Select(l => l.Major).Distinct().Order());
            text.Append(CultureInfo.InvariantCulture, $"| {line.Id} | {Escape(line.Tries)} | {over} | {on} | {Escape(line.Note)} | {Escape(line.Closer ?? "")} |\n");
        }

        return text.Append('\n').ToString();
    }

    private static string Cell(List<Line> lines)
    {
        var parts = new List<string>();
        foreach (var (verdict, word) in ((AttackVerdict, string)[])[(AttackVerdict.Closed, "closed"), (AttackVerdict.Listed, "listed"), (AttackVerdict.Open, "OPEN"), (AttackVerdict.Wrong, "UNPROVEN")])
        {
            if (lines.Count(l => l.Verdict == verdict) is > 0 and var count)
            {
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{count} {word}"));
            }
        }

        return parts.Count > 0 ? string.Join(", ", parts) : "–";
    }

    /// <summary>A trust, as the tables name it.</summary>
    internal static string Name(AttackTrust trust) => trust switch
    {
        AttackTrust.Scoped => "Scoped",
        AttackTrust.Shared => "Sealed, shared",
        _ => "Sealed, bound",
    };

    /// <summary>A family, as the tables name it.</summary>
    internal static string Name(AttackFamily family) => family switch
    {
        AttackFamily.Context => "context forging and replay",
        AttackFamily.Roles => "role and session authorization",
        AttackFamily.Smuggling => "statement smuggling",
        AttackFamily.Shadowing => "shadowing",
        AttackFamily.OwnersRights => "views, functions, rules, triggers, policies",
        AttackFamily.Partitions => "partitions and children",
        AttackFamily.Statements => "statements, cursors, locks",
        AttackFamily.Ownership => "DROP and REASSIGN OWNED, grants",
        AttackFamily.OtherDatabases => "other databases of the cluster",
        AttackFamily.Catalogs => "catalogs and statistics",
        AttackFamily.Channels => "channels",
        AttackFamily.SameLogin => "powers of the same login",
        AttackFamily.CommonGround => "large objects, NOTIFY, advisory locks",
        AttackFamily.SelfAlteration => "the login altering itself",
        AttackFamily.Files => "files and programs",
        AttackFamily.Denial => "denial",
        _ => "pool hygiene, prepared statements",
    };

    private static string Escape(string text) => text.Replace("|", "\\|", StringComparison.Ordinal).ReplaceLineEndings(" ");

    /// <summary>The repository's folder, found upwards from the tests.</summary>
    internal static string? Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Tenants.slnx")))
            {
                return folder.FullName;
            }
        }

        return null;
    }

    private sealed record Line(string Id, AttackFamily Family, string Tries, AttackTrust Trust, AttackVerdict Verdict, string Note, string? Closer);
}
