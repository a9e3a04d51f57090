using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;
using Tenants.Engine.Sandbox;
using Xunit;

namespace Tenants.Engine.Tests.Rollouts;

/// <summary>A server of its own, for it is stopped in the midst of a rollout.</summary>
public sealed class RestartTests
{
    [Fact]
    public async Task A_rollout_goes_on_after_the_servers_restart()
    {
        await using var sandbox = await PostgresSandbox.StartAsync();
        await using var database = await TenantDatabase.OpenAsync(new ConnectionSettings(sandbox.GetConnectionString()));
        await using var source = NpgsqlDataSource.Create(sandbox.GetConnectionString() + ";Pooling=false");
        await source.CreateCommand("create table item (id int, title text); insert into item select i, repeat('x', 900) from generate_series(1, 2000) i").ExecuteNonQueryAsync();
        var table = Assert.Single(await TableFinder.FindAsync(database, "item"));
        var request = new EnableRequest { Backfill = "'t' || t.id % 3" };
        var portions = 0;
        var options = new RolloutOptions
        {
            Throttle = 0,
            OnPoint = point => point.StartsWith("block", StringComparison.Ordinal) && ++portions == 2 ? sandbox.StopServerAsync() : Task.CompletedTask,
        };
        var failure = await Assert.ThrowsAsync<TenantException>(() => RolloutRunner.EnableAsync(database, table, request, null, options));
        Assert.Contains(failure.ErrorId, new[] { "ConnectionLost", "ConnectionFailed", "ServerStarting" });

        await sandbox.StartServerAsync();
        var filled = (long)(await source.CreateCommand("select count(tenant) from item").ExecuteScalarAsync())!;
        Assert.InRange(filled, 1, 1999);
        var rows = 0L;
        await RolloutRunner.EnableAsync(database, table, request, null, new RolloutOptions { OnProgress = p => rows = Math.Max(rows, p.Rows ?? 0) });
        Assert.Equal(2000 - filled, rows);
        Assert.Equal(TenantRlsState.On, Assert.Single(await RlsReader.ReadAsync(database, [table])).State);
    }
}
