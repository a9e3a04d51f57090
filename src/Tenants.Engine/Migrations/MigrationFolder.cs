using System.Text;

namespace Tenants.Engine.Migrations;

/// <summary>The folder that a migration tool reads, as it is now.</summary>
internal sealed class MigrationFolder
{
    private MigrationFolder(string path, IReadOnlyList<string> names)
    {
        Path = path;
        Names = names;
    }

    /// <summary>Its full path.</summary>
    public string Path { get; }

    /// <summary>The names of the files in it, sorted; of the whole of it, with the folders that they lie in.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Looks into it.</summary>
    /// <exception cref="TenantException"><c>MigrationFolderNotFound</c>, <c>MigrationFolderNotUsable</c>.</exception>
    public static MigrationFolder Open(string path)
    {
        if (!Directory.Exists(path))
        {
            throw new TenantException(
                "MigrationFolderNotFound",
                TenantErrorKind.NotFound,
                $"There is no folder '{path}'. Name with -Path the folder that the migration tool reads, or make it first.")
            {
                Target = path,
            };
        }

        return Guard(path, "read", () =>
            new MigrationFolder(path, [.. Directory.GetFiles(path).Select(f => System.IO.Path.GetFileName(f)).Order(StringComparer.Ordinal)]));
    }

    /// <summary>The same with what lies in folders below it, but for hidden ones.</summary>
    public MigrationFolder Whole() => Guard(Path, "read", () =>
        new MigrationFolder(Path, [.. Directory.GetFiles(Path, "*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false }).Select(f => System.IO.Path.GetRelativePath(Path, f)).Order(StringComparer.Ordinal)]));

    /// <summary>A folder in it.</summary>
    public MigrationFolder? Inner(string name) => Directory.Exists(In(name)) ? Open(In(name)) : null;

    /// <summary>The path of a file in it.</summary>
    public string In(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>The text of a file in it.</summary>
    public string Read(string name) => Guard(In(name), "read", () => File.ReadAllText(In(name)));

    /// <summary>Whether a line of a file in it holds a text; read a line at a time, for a file may be a whole dump.</summary>
    public bool Holds(string name, string text) => Guard(In(name), "read", () => File.ReadLines(In(name)).Any(l => l.Contains(text, StringComparison.Ordinal)));

    /// <summary>Writes files; none of them may be there. Where one cannot be written, none is left.</summary>
    /// <exception cref="TenantException"><c>MigrationExists</c>, <c>MigrationFolderNotUsable</c>.</exception>
    public static void Write(IReadOnlyList<MigrationFile> files)
    {
        var written = new List<string>();
        try
        {
            foreach (var file in files)
            {
                Guard(file.Path, "written", () =>
                {
                    using var stream = new FileStream(file.Path, FileMode.CreateNew, FileAccess.Write);
                    written.Add(file.Path);
                    stream.Write(Encoding.UTF8.GetBytes(file.Text));
                    return true;
                });
            }
        }
        catch (TenantException)
        {
            foreach (var path in written)
            {
                File.Delete(path);
            }

            throw;
        }
    }

    /// <summary>The error for what is there already.</summary>
    public static TenantException Exists(string path) => new(
        "MigrationExists",
        TenantErrorKind.AlreadyExists,
        $"There is '{path}' already, and nothing is overwritten. Give the migration another name, or remove that one if it was never applied.")
    {
        Target = path,
    };

    /// <summary>The error for a migration after which the next cannot be numbered.</summary>
    public static TenantException Unreadable(string path, string why) => new(
        "MigrationUnreadable",
        TenantErrorKind.InvalidData,
        $"The migrations in the folder cannot be followed: '{path}' {why}.")
    {
        Target = path,
    };

    private static T Guard<T>(string path, string done, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (IOException) when (done == "written" && File.Exists(path))
        {
            throw Exists(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.SecurityException)
        {
            throw new TenantException(
                "MigrationFolderNotUsable",
                TenantErrorKind.PermissionDenied,
                $"'{path}' cannot be {done}: {e.Message} See to its rights, or name another folder with -Path.",
                e)
            {
                Target = path,
            };
        }
    }
}
