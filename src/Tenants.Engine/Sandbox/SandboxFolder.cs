using System.Security.Cryptography;

namespace Tenants.Engine.Sandbox;

/// <summary>The temporary folder of one sandbox: the server's data, its log, and nothing that outlives it.</summary>
internal sealed class SandboxFolder
{
    private readonly UnprivilegedUser? _user;

    private SandboxFolder(string path, UnprivilegedUser? user)
    {
        Path = path;
        _user = user;
    }

    public string Path { get; }

    public string Data => System.IO.Path.Combine(Path, "data");

    public string Log => System.IO.Path.Combine(Path, "postgres.log");

    /// <summary>Holds the superuser's password while initdb reads it.</summary>
    public string PasswordFile => System.IO.Path.Combine(Path, "password");

    /// <summary>The server's configuration: ours, over the one in the data folder.</summary>
    public string Settings => System.IO.Path.Combine(Path, "sandbox.conf");

    /// <summary>Names a folder that does not exist yet, so that the watchdog knows it before anything lies in it.</summary>
    /// <param name="user">Who will own it; <see langword="null"/>: this process's user.</param>
    public static SandboxFolder Name(UnprivilegedUser? user)
    {
        var parent = user is null ? System.IO.Path.GetTempPath() : ParentFor(user);
        return new SandboxFolder(System.IO.Path.Combine(parent, "tenants-sandbox-" + RandomNumberGenerator.GetHexString(24, lowercase: true)), user);
    }

    /// <summary>Makes the folder, for its owner alone, with the files that initdb and the server want.</summary>
    public void Create(string superuserPassword, string settings)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Path);
        }
        else
        {
            Directory.CreateDirectory(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        File.WriteAllText(PasswordFile, superuserPassword);
        File.WriteAllText(Settings, settings);

        // The folder last: as long as it is root's, nobody else can swap what lies in it; afterwards root writes nothing there.
        _user?.TakeOwnership(PasswordFile);
        _user?.TakeOwnership(Settings);
        _user?.TakeOwnership(Path);
    }

    /// <summary>The last lines of the server's log.</summary>
    public string ReadLogTail()
    {
        if (!File.Exists(Log))
        {
            return "";
        }

        using var stream = new FileStream(Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        return string.Join(Environment.NewLine, reader.ReadToEnd().TrimEnd().Split('\n').TakeLast(10).Select(line => line.TrimEnd()));
    }

    /// <summary>Removes the folder; on Windows a file may stay open a moment longer than its process.</summary>
    public async Task DeleteAsync()
    {
        for (var attempt = 1; Directory.Exists(Path); attempt++)
        {
            try
            {
                Directory.Delete(Path, recursive: true);
                return;
            }
            catch (Exception exception) when (attempt < 20 && exception is IOException or UnauthorizedAccessException)
            {
                await Task.Delay(100).ConfigureAwait(false);
            }
        }
    }

    private static string ParentFor(UnprivilegedUser user) =>
        new[] { System.IO.Path.GetTempPath(), "/tmp", "/var/tmp" }
            .FirstOrDefault(folder => Directory.Exists(folder) && Reach.FirstClosedFolder(folder) is null)
        ?? throw new TenantException(
            "SandboxFolderNotUsable",
            TenantErrorKind.PermissionDenied,
            $"The server must run as the user '{user.Name}', who may enter neither {System.IO.Path.GetTempPath()} nor /tmp nor /var/tmp. "
            + "Point TMPDIR to a folder that every user may enter.");
}
