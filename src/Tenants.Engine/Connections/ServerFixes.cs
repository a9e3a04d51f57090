namespace Tenants.Engine.Connections;

/// <summary>
/// The holes in PostgreSQL through which SQL got past row-level security, or past everything, and the releases that closed
/// them. Those that were closed before version 14, the oldest that works here, are not listed.
/// </summary>
internal static class ServerFixes
{
    // By the day of the fix, the newest last. A major version that is not named never had the hole: it came after the fix, or
    // before the fault (MERGE is new in 15).
    private static readonly (string Cve, string What, Version[] FixedIn)[] s_fixes =
    [
        ("CVE-2023-2455", "a function that was put in place of its call keeps the policies of another role", [new(14, 8), new(15, 3)]),
        ("CVE-2023-39418", "MERGE passes over policies", [new(15, 4)]),
        ("CVE-2024-10976", "a sub-query keeps the policies of another role", [new(14, 14), new(15, 9), new(16, 5), new(17, 1)]),
        ("CVE-2025-8713", "statistics tell values of rows that policies hide", [new(14, 19), new(15, 14), new(16, 10), new(17, 6)]),
        ("CVE-2026-14680", "whoever can log in runs code as the server", [new(14, 24), new(15, 19), new(16, 15), new(17, 11), new(18, 6)]),
    ];

    /// <summary>The fixes that a server lacks, the newest last, each with the release that brings it.</summary>
    /// <param name="server">The server's version.</param>
    public static IReadOnlyList<ServerFix> Missing(Version server) =>
    [
        .. from fix in s_fixes
           from release in fix.FixedIn
           where release.Major == server.Major && server < release
           select new ServerFix(fix.Cve, fix.What, release),
    ];
}
