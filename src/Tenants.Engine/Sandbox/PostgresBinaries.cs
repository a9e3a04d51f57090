using System.Text.RegularExpressions;

namespace Tenants.Engine.Sandbox;

/// <summary>A folder with the programs of one PostgreSQL.</summary>
/// <param name="Directory">The folder.</param>
/// <param name="Version">Their version, such as 18.4.</param>
internal sealed partial record PostgresBinaries(string Directory, Version Version)
{
    /// <summary>The oldest major version that this module works with.</summary>
    public const int OldestMajor = 14;

    private static readonly string[] Needed = ["postgres", "initdb", "pg_ctl"];

    /// <summary>The full path of one of the programs.</summary>
    public string Program(string name) => ProgramPath(Directory, name);

    /// <summary>Whether a folder holds all the programs that a sandbox needs.</summary>
    public static bool AreIn(string directory) => Needed.All(name => File.Exists(ProgramPath(directory, name)));

    /// <summary>Reads the version of the programs in a folder, or says why they cannot be used.</summary>
    /// <param name="directory">A folder for which <see cref="AreIn"/> holds.</param>
    /// <param name="user">Who will run them; <see langword="null"/>: this process's user.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<(PostgresBinaries? Binaries, string? Refusal)> TryReadAsync(
        string directory, UnprivilegedUser? user, CancellationToken cancellationToken)
    {
        if (user is not null && Needed.FirstOrDefault(name => !Reach.IsExecutableByAll(ProgramPath(directory, name))) is { } closed)
        {
            var barrier = Reach.FirstClosedFolder(directory) ?? ProgramPath(directory, closed);
            return (null, $"the server must run as '{user.Name}' (PostgreSQL refuses root), and that user may not enter or run '{barrier}'");
        }

        CommandResult result;
        try
        {
            result = await Command.RunAsync(ProgramPath(directory, "postgres"), ["--version"], user, capture: true, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            return (null, $"its postgres cannot be run: {exception.Message}");
        }

        var match = VersionPattern().Match(result.Output);
        if (!result.Succeeded || !match.Success)
        {
            return (null, $"its postgres does not tell its version: {result.Output}");
        }

        // A beta says "19beta1": its number is 19.0.
        var version = System.Version.Parse(match.Groups[1].Value + (match.Groups[2].Success ? match.Groups[2].Value : ".0"));
        return version.Major < OldestMajor
            ? (null, $"it is PostgreSQL {version}, and {OldestMajor} is the oldest that works")
            : (new PostgresBinaries(directory, version), null);
    }

    private static string ProgramPath(string directory, string name) =>
        Path.Combine(directory, OperatingSystem.IsWindows() ? name + ".exe" : name);

    [GeneratedRegex(@"PostgreSQL\)? (\d+)(\.\d+)?")]
    private static partial Regex VersionPattern();
}
