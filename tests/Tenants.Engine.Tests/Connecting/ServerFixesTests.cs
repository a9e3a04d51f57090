using Tenants.Engine.Connections;
using Xunit;

namespace Tenants.Engine.Tests.Connecting;

public class ServerFixesTests
{
    [Theory]
    [InlineData("14.0", "CVE-2023-2455 CVE-2024-10976 CVE-2025-8713 CVE-2026-14680")]
    [InlineData("14.7", "CVE-2023-2455 CVE-2024-10976 CVE-2025-8713 CVE-2026-14680")]
    [InlineData("14.8", "CVE-2024-10976 CVE-2025-8713 CVE-2026-14680")]
    [InlineData("14.23", "CVE-2026-14680")]
    [InlineData("14.24", "")]
    [InlineData("15.2", "CVE-2023-2455 CVE-2023-39418 CVE-2024-10976 CVE-2025-8713 CVE-2026-14680")]
    [InlineData("15.3", "CVE-2023-39418 CVE-2024-10976 CVE-2025-8713 CVE-2026-14680")]
    [InlineData("15.18", "CVE-2026-14680")]
    [InlineData("15.19", "")]
    [InlineData("16.0", "CVE-2024-10976 CVE-2025-8713 CVE-2026-14680")]
    [InlineData("16.15", "")]
    [InlineData("17.1", "CVE-2025-8713 CVE-2026-14680")]
    [InlineData("17.11", "")]
    [InlineData("18.0", "CVE-2026-14680")]
    [InlineData("18.5", "CVE-2026-14680")]
    [InlineData("18.6", "")]
    [InlineData("19.0", "")]
    public void A_release_lacks_what_came_after_it(string server, string cves)
    {
        var facts = Facts(server);

        Assert.Equal(cves, string.Join(' ', facts.MissingFixes));
        Assert.Equal(cves.Length > 0, Outdated(facts) is not null);
    }

    [Theory]
    [InlineData("14.0", "14.24")]
    [InlineData("15.13", "15.19")]
    [InlineData("18.4", "18.6")]
    public void The_warning_names_each_hole_and_the_release_that_closes_all(string server, string release)
    {
        var facts = Facts(server);
        var warning = Outdated(facts);

        Assert.NotNull(warning);
        Assert.All(facts.MissingFixes, cve => Assert.Contains(cve, warning, StringComparison.Ordinal));
        Assert.EndsWith($"Upgrade it to {release} or later.", warning, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_fix_is_told_with_the_release_that_brought_it() =>
        Assert.Equal(["16.5", "16.10", "16.15"], ServerFixes.Missing(new Version(16, 4)).Select(f => f.FixedIn.ToString()));

    private static string? Outdated(ServerFacts facts) =>
        facts.Warnings().SingleOrDefault(w => w.StartsWith("Server outdated", StringComparison.Ordinal));

    private static ServerFacts Facts(string version) =>
        new(Version.Parse(version), "app", "admin", false, false, true, false, "UTF8", TimeSpan.Zero, KeepsState: false);
}
