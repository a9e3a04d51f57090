namespace Tenants.Engine.Sandbox;

/// <summary>Where PostgreSQL's programs usually lie: on the PATH, then in the install folders of each operating system.</summary>
internal static class InstalledPostgres
{
    private static readonly string[] WindowsProgramFolders = ["ProgramFiles", "ProgramW6432", "ProgramFiles(x86)"];

    /// <summary>The folders that hold a PostgreSQL, in the order of preference; their versions are not read yet.</summary>
    public static IEnumerable<string> OnPath() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? "postgres.exe" : "postgres"))
            .Where(File.Exists)
            .Select(RealFolder)
            .Where(PostgresBinaries.AreIn)
            .Distinct();

    /// <summary>The folders of the usual installers, in no order.</summary>
    public static IEnumerable<string> InUsualFolders() =>
        UsualFolders().Where(PostgresBinaries.AreIn).Select(folder => RealFolder(Path.Combine(folder, "postgres"))).Distinct();

    private static IEnumerable<string> UsualFolders()
    {
        if (OperatingSystem.IsWindows())
        {
            return WindowsProgramFolders
                .Select(Environment.GetEnvironmentVariable)
                .OfType<string>()
                .SelectMany(programs => Below(Path.Combine(programs, "PostgreSQL"), "*", "bin"));
        }

        if (OperatingSystem.IsMacOS())
        {
            return
            [
                .. Below("/opt/homebrew/opt", "postgresql*", "bin"),
                .. Below("/usr/local/opt", "postgresql*", "bin"),
                .. Below("/Applications/Postgres.app/Contents/Versions", "*", "bin"),
                .. Below("/Library/PostgreSQL", "*", "bin"),
                .. Below("/opt/local/lib", "postgresql*", "bin"),
            ];
        }

        return
        [
            .. Below("/usr/lib/postgresql", "*", "bin"),
            .. Below("/usr", "pgsql-*", "bin"),
            .. Below("/usr/libexec", "postgresql*", ""),
            .. Below("/opt", "postgresql*", "bin"),
            .. Below("/opt/postgresql", "*", "bin"),
            .. Below("/opt", "pgsql*", "bin"),
            "/usr/local/pgsql/bin",
            "/home/linuxbrew/.linuxbrew/bin",
        ];
    }

    private static List<string> Below(string parent, string pattern, string child)
    {
        try
        {
            return Directory.Exists(parent) ? Directory.GetDirectories(parent, pattern).Select(folder => Path.Combine(folder, child)).ToList() : [];
        }
        catch (UnauthorizedAccessException)
        {
            return [];
        }
    }

    // A link on the PATH leads to the folder where the sibling programs and libraries lie.
    private static string RealFolder(string program)
    {
        var file = new FileInfo(program);
        var target = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) ?? file;
        return Path.GetDirectoryName(target.FullName)!;
    }
}
