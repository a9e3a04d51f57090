using Tenants.Engine.Connections;
using Tenants.Engine.Queries;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Queries;

/// <summary>A server that stops talking in the middle of a row, and results of a size that few expect.</summary>
public sealed class BadServerTests(SharedQueryDatabase shared) : IClassFixture<SharedQueryDatabase>
{
    private readonly QueryDatabase _database = shared.Database;

    [Theory]
    [InlineData("select repeat('x', 10000000)")]
    [InlineData("select i, 'row ' || i from generate_series(1, 100000000) i")]
    public async Task A_server_that_stalls_within_a_row_can_be_left_and_the_next_call_works(string sql)
    {
        await using var proxy = StallingProxy.Start(_database.Test.AdminConnectionString);
        await using var database = await TenantDatabase.OpenAsync(
            new ConnectionSettings(proxy.Through(_database.Test.AdminConnectionString)), TestContext.Current.CancellationToken);
        Assert.Equal(1, await CountAsync(database, "select 1", TestContext.Current.CancellationToken));

        using var stop = new CancellationTokenSource();
        proxy.StallAfter(1_000_000);
        var reading = CountAsync(database, sql, stop.Token);
        await proxy.Stalled;
        Assert.False(reading.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);

        Assert.Equal(1, await CountAsync(database, "select 1", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_server_that_stalls_within_a_row_is_left_after_the_limit_for_a_statement()
    {
        await using var proxy = StallingProxy.Start(_database.Test.AdminConnectionString);
        await using var database = await TenantDatabase.OpenAsync(
            new ConnectionSettings(proxy.Through(_database.Test.AdminConnectionString)), TestContext.Current.CancellationToken);
        Assert.Equal(1, await CountAsync(database, "select 1", TestContext.Current.CancellationToken));

        proxy.StallAfter(1_000_000);
        await Assert.ThrowsAsync<TenantException>(
            () => CountAsync(database, "select repeat('x', 10000000)", TestContext.Current.CancellationToken, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public async Task As_many_columns_as_the_server_gives_are_read()
    {
        var row = (await _database.RowsAsync($"select {string.Join(", ", Enumerable.Range(1, 1600).Select(i => $"{i} as c{i}"))}"))[0];
        Assert.Equal(Enumerable.Range(1, 1600).Cast<object?>(), row);
    }

    [Fact]
    public async Task A_value_of_100_MB_is_read_whole()
    {
        Assert.Equal(100_000_000, ((string)(await _database.ScalarAsync("select repeat('x', 100000000)"))!).Length);
        Assert.Equal(100_000_000, ((byte[])(await _database.ScalarAsync("select repeat('x', 100000000)::bytea"))!).Length);
    }

    private static async Task<long> CountAsync(TenantDatabase database, string sql, CancellationToken cancellationToken, TimeSpan? timeout = null)
    {
        var rows = 0L;
        await using var cursor = await TenantQueries.RunAsync(
            database, "acme", Query.Parse(sql, QueryParameters.None), new QueryOptions { Timeout = timeout }, cancellationToken);
        while (await cursor.NextResultAsync())
        {
            while (await cursor.ReadAsync())
            {
                rows++;
            }
        }

        return rows;
    }
}
