using System.Net;
using System.Text;
using Tenants.Engine.Sandbox;
using Xunit;

namespace Tenants.Engine.Tests.Sandbox;

public sealed class DownloadTests
{
    private static readonly Uri s_nowhere = new("http://127.0.0.1:1/");

    [Fact]
    public async Task A_package_with_another_hash_is_refused_before_it_is_unpacked()
    {
        using var cache = new TemporaryFolder();
        using var registry = new FakeRegistry(_ => (200, Encoding.ASCII.GetBytes("not what was pinned")));

        var failure = await FailAsync(cache, registry.Address);

        Assert.Equal("PostgresDownloadDamaged", failure.ErrorId);
        Assert.Contains("sha512", failure.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(cache.Path, "postgresql")));
    }

    [Fact]
    public async Task A_registry_that_keeps_its_archives_elsewhere_is_asked_where()
    {
        using var cache = new TemporaryFolder();
        using var elsewhere = new FakeRegistry(_ => (200, [1, 2, 3]));
        using var registry = new FakeRegistry(request => request.Url!.AbsolutePath.EndsWith(".tgz", StringComparison.Ordinal)
            ? (404, [])
            : (200, Encoding.ASCII.GetBytes($$"""{ "dist": { "tarball": "{{elsewhere.Address}}archive.tgz" } }""")));

        var failure = await FailAsync(cache, registry.Address);

        Assert.Equal("PostgresDownloadDamaged", failure.ErrorId);
        Assert.Equal(["/npm/archive.tgz"], elsewhere.Requests);
    }

    [Fact]
    public async Task Without_network_and_programs_three_ways_out_are_named()
    {
        using var cache = new TemporaryFolder();

        var failure = await FailAsync(cache, s_nowhere);

        Assert.Equal("PostgresNotFound", failure.ErrorId);
        Assert.Contains("install PostgreSQL", failure.Message, StringComparison.Ordinal);
        Assert.Contains("-BinaryPath", failure.Message, StringComparison.Ordinal);
        Assert.Contains("npm registry", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_without_a_download_names_those_that_have_one()
    {
        using var cache = new TemporaryFolder();

        var failure = await FailAsync(cache, s_nowhere, version: 99);

        Assert.Equal("PostgresNotFound", failure.ErrorId);
        Assert.Contains("18, 17, 16, 15", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_at_once_fetch_it_and_a_third_takes_it_from_the_cache()
    {
        using var cache = new TemporaryFolder();
        var options = new SandboxOptions { UseInstalled = false, CachePath = cache.Path };
        PostgresSandbox[] both;
        try
        {
            both = await Task.WhenAll(StartAsync(options), StartAsync(options));
        }
        catch (TenantException exception) when (exception.ErrorId == "PostgresNotFound")
        {
            Assert.Skip($"the npm registry cannot be reached: {exception.Message}");
            return;
        }

        await using var first = both[0];
        await using var second = both[1];
        await using var third = await StartAsync(options with { Registry = s_nowhere });

        Assert.Equal(first.BinaryPath, third.BinaryPath);
        Assert.Equal(second.BinaryPath, third.BinaryPath);
        Assert.Single(Directory.EnumerateFileSystemEntries(Path.Combine(cache.Path, "postgresql")));
    }

    [Fact]
    public async Task A_cache_that_everybody_may_write_to_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Unix rights");
        using var cache = new TemporaryFolder();
        File.SetUnixFileMode(cache.Path, (UnixFileMode)511);

        var failure = await FailAsync(cache, s_nowhere);

        Assert.Equal("SandboxCacheNotUsable", failure.ErrorId);
    }

    private static Task<PostgresSandbox> StartAsync(SandboxOptions options) =>
        PostgresSandbox.StartAsync(options, cancellationToken: TestContext.Current.CancellationToken);

    private static Task<TenantException> FailAsync(TemporaryFolder cache, Uri registry, int? version = null) => Assert.ThrowsAsync<TenantException>(
        () => StartAsync(new SandboxOptions { UseInstalled = false, CachePath = cache.Path, Registry = registry, Version = version }));
}
