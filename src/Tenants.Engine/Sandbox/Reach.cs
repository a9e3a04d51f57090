namespace Tenants.Engine.Sandbox;

/// <summary>Whether another user of this machine gets at a file: root's home, for one, is closed to the user that runs the server.</summary>
internal static class Reach
{
    private const UnixFileMode AllExecute = UnixFileMode.OtherExecute | UnixFileMode.GroupExecute | UnixFileMode.UserExecute;

    /// <summary>The first folder on the way to a path that not everybody may enter, or <see langword="null"/> where all may.</summary>
    /// <param name="path">A full path of an existing file or folder.</param>
    public static string? FirstClosedFolder(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        for (var folder = Directory.Exists(path) ? path : Path.GetDirectoryName(path); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (!File.GetUnixFileMode(folder).HasFlag(UnixFileMode.OtherExecute))
            {
                return folder;
            }
        }

        return null;
    }

    /// <summary>Whether everybody may run a program.</summary>
    public static bool IsExecutableByAll(string file) =>
        OperatingSystem.IsWindows() || (File.GetUnixFileMode(file).HasFlag(UnixFileMode.OtherExecute) && FirstClosedFolder(file) is null);

    /// <summary>Makes a program one that everybody may run.</summary>
    public static void MakeExecutable(string file)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, File.GetUnixFileMode(file) | AllExecute);
        }
    }
}
