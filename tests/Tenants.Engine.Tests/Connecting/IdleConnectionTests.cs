using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Queries;
using Tenants.Engine.Tests.Queries;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Connecting;

/// <summary>A connection that died in the pool is found out before it is lent, without asking those that live.</summary>
public sealed class IdleConnectionTests
{
    private const string EndOthers = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_socket_of_a_live_connection_is_silent_and_that_of_a_dead_one_is_not()
    {
        await using var test = await TestDatabase.CreateAsync();
        await using var connection = await test.Admin.OpenConnectionAsync(Token);
        Assert.True(IdleSocket.IsSilent(connection));
        await TestDatabase.ScalarAsync<long>(test.Superuser, EndOthers);
        for (var i = 0; i < 100 && IdleSocket.IsSilent(connection); i++)
        {
            await Task.Delay(50, Token);
        }

        Assert.False(IdleSocket.IsSilent(connection));
    }

    [Fact]
    public async Task A_write_over_a_connection_that_died_in_the_pool_goes_over_another_and_happens_once()
    {
        await using var world = await QueryDatabase.CreateAsync();
        for (var round = 1; round <= 3; round++)
        {
            await world.RowsAsync("insert into todo_item (title) values ('x')");
            await TestDatabase.ScalarAsync<long>(world.Test.Superuser, EndOthers);
            await world.RowsAsync("insert into todo_item (title) values ('x')");
            Assert.Equal(2L * round, await world.ScalarAsync("select count(*) from todo_item"));
        }
    }
}
