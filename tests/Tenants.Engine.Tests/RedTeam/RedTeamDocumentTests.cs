using System.Globalization;
using Xunit;

namespace Tenants.Engine.Tests.RedTeam;

/// <summary>The tables that docs/security.md shows are of the attacks that there are: who adds, moves or drops one runs the red team again.</summary>
public class RedTeamDocumentTests
{
    private static readonly AttackTrust[] s_trusts = [AttackTrust.Scoped, AttackTrust.Shared, AttackTrust.Bound];

    private static readonly int[] s_majors = [14, 15, 18];

    [Fact]
    public void The_table_counts_every_attack_of_the_list()
    {
        var (head, table, _) = Read();
        Assert.StartsWith($"{AttackList.All.Count} attacks, run on PostgreSQL {string.Join(", ", s_majors)}.", head, StringComparison.Ordinal);
        Assert.Equal(Enum.GetValues<AttackFamily>().Select(RedTeamReport.Name), table.Select(row => row[0]));
        foreach (var family in Enum.GetValues<AttackFamily>())
        {
            var attacks = AttackList.All.Where(a => a.Family == family).ToList();
            var expected = s_trusts.SelectMany(trust => s_majors.Select(major => attacks.Count(a => IsMeant(a, trust, major))));
            var cells = table.Single(row => row[0] == RedTeamReport.Name(family))[1..];
            Assert.Equal((family, string.Join(' ', expected)), (family, string.Join(' ', cells.Select(Sum))));
            Assert.All(cells, cell => Assert.Matches("^(–|[0-9]+ (closed|listed)(, [0-9]+ listed)?)$", cell));
        }
    }

    [Fact]
    public void Every_listed_attack_is_told_with_where_it_succeeds()
    {
        var (_, _, listed) = Read();
        var expected = from attack in AttackList.All
                       from trust in s_trusts
                       from major in s_majors
                       where IsMeant(attack, trust, major)
                       let listing = attack.ListingFor(trust, major)
                       where listing is not null
                       group (trust, major) by (attack.Id, listing.Reason) into places
                       let over = places.Select(p => p.trust).Distinct().Order().Select(RedTeamReport.Name)
                       let servers = places.Select(p => p.major).Distinct().Order()
                       select $"{places.Key.Id} | {string.Join(", ", over)} | {string.Join(", ", servers)} | {places.Key.Reason}";
        Assert.Equal(expected.Order(StringComparer.Ordinal), listed.Select(row => $"{row[0]} | {row[2]} | {row[3]} | {row[4]}").Order(StringComparer.Ordinal));
    }

    private static bool IsMeant(Attack attack, AttackTrust trust, int major) => attack.Trusts.HasFlag(trust) && attack.MinMajor <= major;

    private static int Sum(string cell) => cell == "–" ? 0 : cell.Split(", ").Sum(part => int.Parse(part.Split(' ')[0], CultureInfo.InvariantCulture));

    private static (string Head, List<string[]> Table, List<string[]> Listed) Read()
    {
        var text = File.ReadAllText(Path.Combine(RedTeamReport.Root()!, "docs", "security.md")).ReplaceLineEndings("\n");
        var written = text[(text.IndexOf(RedTeamReport.Begin, StringComparison.Ordinal) + RedTeamReport.Begin.Length)..text.IndexOf(RedTeamReport.End, StringComparison.Ordinal)].Trim();
        var tables = written.Split("\n\n").Where(part => part.StartsWith('|')).Select(part => part.Split('\n').Skip(2).Select(Cells).ToList()).ToList();
        Assert.Equal(2, tables.Count);
        return (written, tables[0], tables[1]);
    }

    // A bar within a cell is escaped.
    private static string[] Cells(string row) =>
        [.. row.Replace("\\|", "\0", StringComparison.Ordinal).Trim('|').Split('|').Select(cell => cell.Trim().Replace('\0', '|'))];
}
