using Xunit;

namespace Tenants.Engine.Tests.RedTeam;

/// <summary>Every attack, over each kind of login: closed where the same SQL succeeds without one defence, or listed and shown to succeed.</summary>
public class RedTeamTests(RedTeamReport report) : IClassFixture<RedTeamReport>
{
    // Minutes of work: build.ps1 redteam asks for it, the suite of every day does not.
    private static bool IsAsked => Environment.GetEnvironmentVariable("TENANTS_REDTEAM_DOCUMENT") is { Length: > 0 } || Environment.GetEnvironmentVariable("TENANTS_REDTEAM_ONLY") is { Length: > 0 };

    /// <summary>What to run: all of them, or those that TENANTS_REDTEAM_ONLY names.</summary>
    public static IEnumerable<TheoryDataRow<string, AttackTrust>> Cells => !IsAsked
        ? [new TheoryDataRow<string, AttackTrust>("none", AttackTrust.Scoped) { Skip = "build.ps1 redteam runs it" }]
        : from attack in AttackList.All
          where Environment.GetEnvironmentVariable("TENANTS_REDTEAM_ONLY") is not { Length: > 0 } only || only.Split(',').Contains(attack.Id)
          from trust in (AttackTrust[])[AttackTrust.Scoped, AttackTrust.Shared, AttackTrust.Bound]
          select new TheoryDataRow<string, AttackTrust>(attack.Id, trust) { TestDisplayName = $"RedTeam {attack.Family} {attack.Id} {trust}" };

    [Theory]
    [MemberData(nameof(Cells), DisableDiscoveryEnumeration = false)]
    public async Task The_attack_is_closed_or_listed(string id, AttackTrust trust)
    {
        var result = await AttackRunner.RunAsync(AttackList.All.Single(a => a.Id == id), trust);
        report.Add(result);

        Assert.True(result.Verdict is not (AttackVerdict.Open or AttackVerdict.Wrong), $"{id} over {trust}: {result.Verdict}: {result.Note}");
        Assert.SkipWhen(result.Verdict == AttackVerdict.NotApplicable, result.Note);
    }

    [Fact]
    public void There_are_enough_attacks_and_each_family_has_some()
    {
        Assert.True(AttackList.All.Count >= 80, $"{AttackList.All.Count} attacks");
        Assert.Equal(AttackList.All.Count, AttackList.All.Select(a => a.Id).Distinct().Count());
        Assert.Equal(Enum.GetValues<AttackFamily>().Length, AttackList.All.Select(a => a.Family).Distinct().Count());
    }
}
