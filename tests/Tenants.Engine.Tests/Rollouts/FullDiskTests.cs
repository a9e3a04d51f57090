using System.Diagnostics;
using System.Globalization;
using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;
using Tenants.Engine.Tests.Tables;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Rollouts;

/// <summary>No space for the index: on a file system that is too small for it, where this machine lets one be made.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task No_space_for_the_index_is_told_and_leaves_none_that_is_invalid()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess, "needs root on Linux, to mount a small file system");
        await using var world = await TableWorld.CreateAsync("create table item (id int); insert into item select generate_series(1, 20000)");
        await world.InitializeAsync(TenantIdType.Text);
        var folder = Directory.CreateTempSubdirectory("tenants-tiny-").FullName;
        Assert.SkipUnless(await RunAsync("mount", "-t", "tmpfs", "-o", "size=400k,mode=0700", "tmpfs", folder), "mount is not allowed here");
        var space = world.Test.Name + "_tiny";
        try
        {
            var pid = await TestDatabase.ScalarAsync<int>(world.Test.Superuser, "select pg_backend_pid()");
            var status = $"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/status";
            Assert.SkipUnless(File.Exists(status) && (await File.ReadAllTextAsync(status)).Contains("postgres", StringComparison.Ordinal), "the server is on another machine");
            var user = (await File.ReadAllLinesAsync(status)).First(l => l.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1];
            Assert.True(await RunAsync("chown", user, folder));
            await TestDatabase.ExecuteAsync(world.Test.Superuser, $"create tablespace {space} location '{folder}'");
            await TestDatabase.ExecuteAsync(world.Test.Superuser, $"grant create on tablespace {space} to public");
            var setting = $"alter role {world.Test.AdminLogin} in database {world.Test.Name}";
            await TestDatabase.ExecuteAsync(world.Test.Superuser, $"{setting} set default_tablespace = {space}");
            await using var database = await TenantDatabase.OpenAsync(new ConnectionSettings(world.Test.AdminConnectionString + ";Application Name=tiny"));
            var table = await world.FindAsync("item");
            var request = new EnableRequest { Backfill = "md5(t.id::text)" };
            var failure = await Assert.ThrowsAsync<TenantException>(() => RolloutRunner.EnableAsync(database, table, request));
            Assert.Equal("DiskFull", failure.ErrorId);
            Assert.Contains("index item_tenant_idx", failure.Message, StringComparison.Ordinal);
            Assert.Equal(0, await world.ValueAsync<long>("select count(*) from pg_index where not indisvalid"));

            await TestDatabase.ExecuteAsync(world.Test.Superuser, $"{setting} reset default_tablespace");
            await RolloutRunner.EnableAsync(world.Database, table, request);
            Assert.Equal(TenantRlsState.On, (await world.RlsAsync("item")).State);
        }
        finally
        {
            await world.DisposeAsync();
            await world.Test.Server.ExecuteAsync($"drop tablespace if exists {space}");
            await RunAsync("umount", "-l", folder);
            Directory.Delete(folder);
        }
    }

    private static async Task<bool> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        await process.WaitForExitAsync();
        return process.ExitCode == 0;
    }
}
