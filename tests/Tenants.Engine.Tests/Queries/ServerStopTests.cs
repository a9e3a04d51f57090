using Tenants.Engine.Connections;
using Tenants.Engine.Plans;
using Tenants.Engine.Queries;
using Tenants.Engine.Sandbox;
using Tenants.Engine.Tenants;
using Xunit;

namespace Tenants.Engine.Tests.Queries;

/// <summary>A server of its own, for it is stopped.</summary>
public sealed class ServerStopTests
{
    [Fact]
    public async Task A_server_that_stops_under_a_query_is_a_connection_error_and_the_call_after_its_start_works()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var sandbox = await PostgresSandbox.StartAsync(cancellationToken: cancellation);
        await using var database = await TenantDatabase.OpenAsync(new ConnectionSettings(sandbox.GetConnectionString()), cancellation);
        var (plan, _) = await InitializePlanner.PlanAsync(database, TenantIdType.Text, cancellationToken: cancellation);
        await PlanRunner.RunAsync(database, plan, cancellationToken: cancellation);
        var registry = await TenantRegistry.OpenAsync(database, cancellation);
        await registry.CreateAsync([(registry.Parse("acme"), null)], adopt: false, cancellation);

        var running = RunAsync(database, "select pg_sleep(30)");
        await Task.Delay(500, cancellation);
        await sandbox.StopServerAsync();
        var error = await Assert.ThrowsAsync<TenantException>(() => running);
        Assert.Contains(error.ErrorId, new[] { "ConnectionFailed", "ConnectionLost" });

        await sandbox.StartServerAsync(cancellation);
        await RunAsync(database, "select 1");
    }

    private static async Task RunAsync(TenantDatabase database, string sql)
    {
        await using var cursor = await TenantQueries.RunAsync(
            database, "acme", Query.Parse(sql, QueryParameters.None), new QueryOptions(), TestContext.Current.CancellationToken);
        while (await cursor.NextResultAsync())
        {
            while (await cursor.ReadAsync())
            {
            }
        }
    }
}
