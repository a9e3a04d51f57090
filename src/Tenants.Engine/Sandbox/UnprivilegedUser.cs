using System.Globalization;
using System.Runtime.InteropServices;

namespace Tenants.Engine.Sandbox;

/// <summary>The user that runs the server when this process is root's: PostgreSQL refuses to run as root.</summary>
internal sealed partial record UnprivilegedUser(string Name, uint UserId, uint GroupId)
{
    /// <summary>The user to run PostgreSQL as, or <see langword="null"/> where this process's own will do.</summary>
    /// <exception cref="TenantException">This process is root's, and there is neither <c>postgres</c> nor <c>nobody</c>.</exception>
    public static UnprivilegedUser? ForThisProcess()
    {
        // On Windows PostgreSQL gives up an administrator's rights by itself.
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
        {
            return null;
        }

        var accounts = File.Exists("/etc/passwd") ? File.ReadAllLines("/etc/passwd") : [];
        return Find(accounts, "postgres") ?? Find(accounts, "nobody") ?? throw new TenantException(
            "UnprivilegedUserNotFound",
            TenantErrorKind.NotFound,
            "PostgreSQL refuses to run as root, and this machine has neither a user 'postgres' nor a user 'nobody' to run it as. "
            + "Create one (useradd --system postgres), or start the sandbox as an ordinary user.");
    }

    /// <summary>Gives a file or folder to this user.</summary>
    /// <param name="path">The file or folder; not what lies inside it.</param>
    public void TakeOwnership(string path)
    {
        if (ChangeOwner(path, UserId, GroupId) == 0)
        {
            return;
        }

        throw new TenantException(
            "SandboxFolderNotUsable",
            TenantErrorKind.PermissionDenied,
            $"'{path}' could not be given to the user '{Name}' (errno {Marshal.GetLastPInvokeError()}). "
            + "Point TMPDIR to a folder on a local file system.");
    }

    private static UnprivilegedUser? Find(IEnumerable<string> accounts, string name)
    {
        var fields = accounts.FirstOrDefault(line => line.StartsWith(name + ':', StringComparison.Ordinal))?.Split(':');

        // macOS writes nobody's ids as -2.
        return fields is { Length: > 3 }
            && long.TryParse(fields[2], NumberStyles.Integer, CultureInfo.InvariantCulture, out var userId)
            && long.TryParse(fields[3], NumberStyles.Integer, CultureInfo.InvariantCulture, out var groupId)
                ? new UnprivilegedUser(name, unchecked((uint)userId), unchecked((uint)groupId))
                : null;
    }

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ChangeOwner(string path, uint userId, uint groupId);
}
