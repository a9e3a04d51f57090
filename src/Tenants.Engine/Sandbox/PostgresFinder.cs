namespace Tenants.Engine.Sandbox;

/// <summary>Finds the PostgreSQL that a sandbox runs: the one named, else an installed one, else the downloaded one.</summary>
internal sealed class PostgresFinder(SandboxOptions options, UnprivilegedUser? user, IProgress<SandboxProgress>? progress)
{
    private readonly List<string> _refusals = [];

    /// <summary>Finds it, downloading it if need be.</summary>
    /// <exception cref="TenantException"><c>PostgresNotFound</c>, <c>PostgresVersionNotSupported</c> or <c>PostgresDownloadDamaged</c>.</exception>
    public async Task<PostgresBinaries> FindAsync(CancellationToken cancellationToken)
    {
        if (options.Version < PostgresBinaries.OldestMajor)
        {
            throw new TenantException(
                "PostgresVersionNotSupported",
                TenantErrorKind.NotSupported,
                $"PostgreSQL {options.Version} is too old: {PostgresBinaries.OldestMajor} is the oldest that works. "
                + "Leave -Version out to take any that is there.");
        }

        if (options.BinaryPath is not null)
        {
            return await ReadNamedAsync(options.BinaryPath, cancellationToken).ConfigureAwait(false);
        }

        return await FindInstalledAsync(cancellationToken).ConfigureAwait(false)
            ?? await new PostgresDownload(options, user, progress).GetAsync(_refusals, cancellationToken).ConfigureAwait(false);
    }

    private async Task<PostgresBinaries> ReadNamedAsync(string path, CancellationToken cancellationToken)
    {
        var full = Path.GetFullPath(path);
        var folder = new[] { full, Path.Combine(full, "bin"), Path.GetDirectoryName(full) ?? full }.FirstOrDefault(PostgresBinaries.AreIn);
        if (folder is null)
        {
            throw NotFound(path, $"there is no initdb, pg_ctl and postgres in it or in its folder 'bin'{(Path.Exists(full) ? "" : "; it does not exist")}");
        }

        var (binaries, refusal) = await PostgresBinaries.TryReadAsync(folder, user, cancellationToken).ConfigureAwait(false);
        if (binaries is null)
        {
            throw NotFound(path, refusal!);
        }

        return options.Version is null || options.Version == binaries.Version.Major
            ? binaries
            : throw NotFound(path, $"it holds PostgreSQL {binaries.Version}, and version {options.Version} was asked for");
    }

    private async Task<PostgresBinaries?> FindInstalledAsync(CancellationToken cancellationToken)
    {
        if (!options.UseInstalled)
        {
            return null;
        }

        progress?.Report(new SandboxProgress("Looking for PostgreSQL"));
        var onPath = await ReadAllAsync(InstalledPostgres.OnPath(), cancellationToken).ConfigureAwait(false);
        if (onPath.Count > 0)
        {
            return onPath[0];
        }

        var elsewhere = await ReadAllAsync(InstalledPostgres.InUsualFolders(), cancellationToken).ConfigureAwait(false);
        return elsewhere.MaxBy(binaries => binaries.Version);
    }

    private async Task<List<PostgresBinaries>> ReadAllAsync(IEnumerable<string> folders, CancellationToken cancellationToken)
    {
        var found = new List<PostgresBinaries>();
        foreach (var folder in folders)
        {
            var (binaries, refusal) = await PostgresBinaries.TryReadAsync(folder, user, cancellationToken).ConfigureAwait(false);
            if (binaries is null)
            {
                _refusals.Add($"{folder}: {refusal}");
            }
            else if (options.Version is null || options.Version == binaries.Version.Major)
            {
                found.Add(binaries);
            }
        }

        return found;
    }

    private static TenantException NotFound(string path, string reason) => new(
        "PostgresNotFound",
        TenantErrorKind.NotFound,
        $"-BinaryPath '{path}' cannot be used: {reason}. Name the folder that holds PostgreSQL's programs, or leave -BinaryPath out.")
    {
        Target = path,
    };
}
