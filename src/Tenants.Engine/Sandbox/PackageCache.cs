using System.Security.Cryptography;

namespace Tenants.Engine.Sandbox;

/// <summary>
/// Where unpacked packages are kept, one folder each. A folder appears whole or not at all, so processes need not wait for each other.
/// </summary>
internal sealed class PackageCache
{
    private const UnixFileMode ForOwner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode ForAll = ForOwner
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly string _root;

    private PackageCache(string root) => _root = root;

    /// <summary>Opens the cache, making its folder if need be.</summary>
    /// <param name="path">Where; <see langword="null"/>: <c>TENANTS_CACHE</c>, else the usual place.</param>
    /// <param name="user">Who will run the programs, if it is not this process's user.</param>
    public static PackageCache Open(string? path, UnprivilegedUser? user)
    {
        path ??= Environment.GetEnvironmentVariable("TENANTS_CACHE") is { Length: > 0 } named ? named : DefaultPath(user);
        var root = Path.Combine(Path.GetFullPath(path), "postgresql");
        try
        {
            CreateFolder(root, user is null ? ForOwner : ForAll);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw NotUsable(root, exception.Message);
        }

        if (user is not null && Reach.FirstClosedFolder(root) is { } closed)
        {
            throw NotUsable(root, $"the server must run as the user '{user.Name}', who may not enter '{closed}'");
        }

        return FolderOthersMayWrite(root) is { } open
            ? throw NotUsable(root, $"everybody may write to '{open}', so the programs in it could be anybody's")
            : new PackageCache(root);
    }

    /// <summary>Where a package lies, or would lie.</summary>
    public string PathOf(PostgresPackage package) => Path.Combine(_root, package.FolderName);

    /// <summary>A folder beside the packages for work in progress; what a killed process left there a day ago goes.</summary>
    public Workspace CreateWorkspace()
    {
        foreach (var old in Directory.EnumerateDirectories(_root, ".work-*").Where(IsAbandoned))
        {
            Workspace.Remove(old);
        }

        var path = Path.Combine(_root, ".work-" + RandomNumberGenerator.GetHexString(16, lowercase: true));
        Directory.CreateDirectory(path);
        return new Workspace(path);
    }

    /// <summary>Makes an unpacked folder the package's own.</summary>
    /// <returns>False where there is one: another process was first, or it does not run.</returns>
    public bool TryAdopt(string unpacked, PostgresPackage package) => TryMove(unpacked, PathOf(package));

    /// <summary>Makes an unpacked folder the package's own in place of one that does not run: one that does may be in use.</summary>
    public void Replace(string unpacked, PostgresPackage package)
    {
        var target = PathOf(package);
        TryMove(target, Path.Combine(Path.GetDirectoryName(unpacked)!, "replaced"));
        if (!TryMove(unpacked, target) && !Directory.Exists(target))
        {
            throw NotUsable(_root, $"'{unpacked}' could not be renamed to '{target}'");
        }
    }

    private static bool TryMove(string from, string to)
    {
        try
        {
            Directory.Move(from, to);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsAbandoned(string folder) => DateTime.UtcNow - Directory.GetCreationTimeUtc(folder) > TimeSpan.FromDays(1);

    private static string DefaultPath(UnprivilegedUser? user)
    {
        if (user is not null)
        {
            // Root's home is closed to others, so its cache is the machine's.
            return OperatingSystem.IsMacOS() ? "/Library/Caches/tenants" : "/var/cache/tenants";
        }

        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        var cache =
            OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : OperatingSystem.IsMacOS() ? Path.Combine(home, "Library", "Caches")
            : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } xdg && Path.IsPathRooted(xdg) ? xdg
            : home.Length > 0 ? Path.Combine(home, ".cache")
            : "";
        return cache.Length > 0
            ? Path.Combine(cache, "tenants")
            : throw NotUsable("the cache", "this user has no home folder");
    }

    private static void CreateFolder(string path, UnixFileMode mode)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, mode);
        }
    }

    // Who may write to a folder or to one above it (without the sticky bit) can swap the programs in it.
    private static string? FolderOthersMayWrite(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            return null;
        }

        if (File.GetUnixFileMode(path).HasFlag(UnixFileMode.OtherWrite))
        {
            return path;
        }

        for (var folder = Path.GetDirectoryName(path); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            var mode = File.GetUnixFileMode(folder);
            if (mode.HasFlag(UnixFileMode.OtherWrite) && !mode.HasFlag(UnixFileMode.StickyBit))
            {
                return folder;
            }
        }

        return null;
    }

    private static TenantException NotUsable(string root, string reason) => new(
        "SandboxCacheNotUsable",
        TenantErrorKind.PermissionDenied,
        $"'{root}' cannot keep the downloaded PostgreSQL: {reason}. Name another folder in the environment variable TENANTS_CACHE.");
}
