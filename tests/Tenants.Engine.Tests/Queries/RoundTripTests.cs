using Tenants.Engine.Connections;
using Tenants.Engine.Queries;
using Tenants.Engine.Tests.Sealed;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Queries;

/// <summary>A call costs one round trip, however it is made: begin, tenant, statement, commit and clean-up go out together and come back together.</summary>
public sealed class RoundTripTests
{
    // Each is called twice: the first time nothing is known of the statement yet.
    private static readonly (string Sql, QueryParameters Parameters)[] s_calls =
    [
        ("select title, tenant from todo_item", QueryParameters.None),
        ("select title from todo_item where title <> @title and @number > 0", QueryDatabase.Named(("title", "x"), ("number", 1))),
        ("insert into todo_item (title) values ('plain')", QueryParameters.None),
        ("insert into todo_item (title) values (@title)", QueryDatabase.Named(("title", "given"))),
        ("update todo_item set title = @title where title = @old", QueryDatabase.Named(("title", "changed"), ("old", "plain"))),
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TenantTrust.Scoped)]
    [InlineData(TenantTrust.Sealed)]
    public async Task A_call_is_one_round_trip(TenantTrust trust)
    {
        await using var world = await SealedWorld.CreateAsync();
        await using var proxy = CountingProxy.Start(world.Base.Test.AdminConnectionString);
        await using var database = await TenantDatabase.OpenAsync(new ConnectionSettings(proxy.Through(world.Base.Test.AdminConnectionString)) { Trust = trust }, Token);
        await RunAsync(database, "select 1", QueryParameters.None);
        var connections = proxy.Connections;
        foreach (var (sql, parameters) in s_calls)
        {
            for (var call = 0; call < 2; call++)
            {
                proxy.TakeRoundTrips();
                await RunAsync(database, sql, parameters);
                Assert.Equal((sql, 1), (sql, proxy.TakeRoundTrips()));
            }
        }

        Assert.Equal(connections, proxy.Connections);
    }

    [Theory]
    [InlineData(TenantTrust.Scoped)]
    [InlineData(TenantTrust.Sealed)]
    public async Task A_call_after_a_pause_is_one_round_trip(TenantTrust trust)
    {
        await using var world = await SealedWorld.CreateAsync();
        await using var proxy = CountingProxy.Start(world.Base.Test.AdminConnectionString);
        await using var database = await TenantDatabase.OpenAsync(new ConnectionSettings(proxy.Through(world.Base.Test.AdminConnectionString)) { Trust = trust }, Token);
        await RunAsync(database, "select 1", QueryParameters.None);
        await Task.Delay(TimeSpan.FromSeconds(1), Token);
        proxy.TakeRoundTrips();
        await RunAsync(database, "insert into todo_item (title) values ('x')", QueryParameters.None);
        Assert.Equal(1, proxy.TakeRoundTrips());
    }

    [Theory]
    [InlineData("delete from todo_item where title = @t; delete from todo_item where title is null")]
    [InlineData("select jsonb_build_object('a', @t)")]
    public async Task What_had_to_be_found_out_of_a_statement_is_not_found_out_twice(string sql)
    {
        await using var world = await SealedWorld.CreateAsync();
        await using var proxy = CountingProxy.Start(world.Base.Test.AdminConnectionString);
        await using var database = await TenantDatabase.OpenAsync(new ConnectionSettings(proxy.Through(world.Base.Test.AdminConnectionString)), Token);
        await RunAsync(database, sql, QueryDatabase.Named(("t", "x")));
        proxy.TakeRoundTrips();
        await RunAsync(database, sql, QueryDatabase.Named(("t", "y")));
        Assert.Equal(1, proxy.TakeRoundTrips());
    }

    private static async Task RunAsync(TenantDatabase database, string sql, QueryParameters parameters)
    {
        await using var cursor = await TenantQueries.RunAsync(database, "acme", Query.Parse(sql, parameters), new QueryOptions(), Token);
        await QueryDatabase.ReadAllAsync(cursor);
    }
}
