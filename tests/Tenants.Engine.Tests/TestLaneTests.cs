using Npgsql;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests;

/// <summary>Says by name which ways to a server this run did not take, and that the one it took leads to a usable server.</summary>
public sealed class TestLaneTests
{
    [Theory]
    [InlineData(TestLane.ConnectionString)]
    [InlineData(TestLane.Testcontainers)]
    [InlineData(TestLane.Sandbox)]
    public async Task Tests_run_on(TestLane lane)
    {
        var server = await TestServer.GetAsync();
        if (server.SkippedLanes.TryGetValue(lane, out var reason))
        {
            Assert.Skip(reason);
        }

        Assert.InRange(server.Version.Major, TestServer.WantedMajor ?? 14, TestServer.WantedMajor ?? int.MaxValue);
    }

    [Fact]
    public async Task A_test_database_has_an_admin_who_is_no_superuser_and_leaves_no_role()
    {
        var server = await TestServer.GetAsync();
        string name;
        await using (var database = await TestDatabase.CreateAsync())
        {
            name = database.Name;
            Assert.False(await database.ScalarAsync<bool>("select rolsuper from pg_roles where rolname = current_user"));
            await database.ExecuteAsync($"create role more_{name}_group");
            await database.CreateLoginAsync("app");
        }

        await using var source = NpgsqlDataSource.Create(server.SuperuserConnectionString);
        Assert.Equal(0L, await TestDatabase.ScalarAsync<long>(source, "select count(*) from pg_roles where position($1 in rolname) > 0", name));
        Assert.Equal(0L, await TestDatabase.ScalarAsync<long>(source, "select count(*) from pg_database where datname = $1", name));
    }
}
