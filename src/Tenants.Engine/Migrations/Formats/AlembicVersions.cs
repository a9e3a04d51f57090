using System.Text.RegularExpressions;

namespace Tenants.Engine.Migrations.Formats;

/// <summary>Finds the folder that holds Alembic's revisions, as Alembic does: what lies elsewhere it never looks at.</summary>
internal static partial class AlembicVersions
{
    private const string Inner = "versions";

    /// <summary>
    /// From a project's root by its <c>alembic.ini</c>; from the folder with <c>env.py</c>, or one above it, the folder <c>versions</c> in it; else
    /// the folder itself, where it holds revisions or lies beside an <c>env.py</c>.
    /// </summary>
    /// <exception cref="TenantException"><c>MigrationFolderNotFound</c>.</exception>
    public static MigrationFolder Find(MigrationFolder folder)
    {
        if (folder.Names.Contains("alembic.ini"))
        {
            return ByIni(folder);
        }

        if (folder.Names.Contains("env.py"))
        {
            return Of(folder);
        }

        var hasRevisions = folder.Names.Any(n => n.EndsWith(".py", StringComparison.Ordinal) && n != "__init__.py");
        if (!hasRevisions && folder.Inner(Inner) is { } inner)
        {
            return inner;
        }

        var isBeside = Path.GetDirectoryName(folder.Path) is { } above && File.Exists(Path.Combine(above, "env.py"));
        return hasRevisions || isBeside
            ? folder
            : throw NotFound(folder.Path, $"'{folder.Path}' holds neither alembic.ini nor env.py nor revisions");
    }

    private static MigrationFolder ByIni(MigrationFolder root)
    {
        var ini = root.In("alembic.ini");
        var section = Section().Match(root.Read("alembic.ini")).Value;
        if (Value(section, "version_locations", root) is { } locations)
        {
            var named = Separators().Split(locations).Where(l => l.Length > 0).ToList();
            return named is [var only]
                ? Open(root, only, ini)
                : throw NotFound(ini, $"'{ini}' names several folders of revisions (version_locations)");
        }

        return Value(section, "script_location", root) is { } location
            ? Of(Open(root, location, ini))
            : throw NotFound(ini, $"'{ini}' names no script_location");
    }

    private static MigrationFolder Open(MigrationFolder root, string location, string ini)
    {
        var path = Path.GetFullPath(Path.Combine(root.Path, location));
        return Directory.Exists(path)
            ? MigrationFolder.Open(path)
            : throw NotFound(ini, $"'{ini}' means the folder '{location}', which is not there or lies in a Python package");
    }

    private static MigrationFolder Of(MigrationFolder scripts) =>
        scripts.Inner(Inner) ?? throw NotFound(scripts.Path, $"There is no folder '{Inner}' in '{scripts.Path}'");

    // A line that begins with a space goes on with the one before.
    private static string? Value(string section, string key, MigrationFolder root)
    {
        var found = Regex.Match(section, $@"^{key}[ \t]*[=:][ \t]*((?:.*)(?:\n[ \t]+\S.*)*)", RegexOptions.Multiline);
        var value = found.Groups[1].Value.Trim().Replace("%(here)s", root.Path, StringComparison.Ordinal);
        return value.Length == 0 ? null : value;
    }

    private static TenantException NotFound(string target, string what) => new(
        "MigrationFolderNotFound",
        TenantErrorKind.NotFound,
        $"{what}, so it is not known where Alembic looks for revisions. Name with -Path the folder that holds them: versions, beside env.py.")
    {
        Target = target,
    };

    [GeneratedRegex(@"^\[alembic\]((?!^\[).*\n?)*", RegexOptions.Multiline)]
    private static partial Regex Section();

    [GeneratedRegex(@"[\s,;]+|(?<=[^\\/:]{2}):")]
    private static partial Regex Separators();
}
