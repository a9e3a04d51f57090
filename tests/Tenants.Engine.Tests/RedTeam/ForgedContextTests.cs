using Npgsql;
using Tenants.Engine.Tests.Support;
using Xunit;

namespace Tenants.Engine.Tests.RedTeam;

/// <summary>A tenant can set any setting; the signature is what it cannot make.</summary>
public class ForgedContextTests
{
    [Theory]
    [InlineData("set_config('tenants.tenant', 'globex', true)")]
    [InlineData("set_config('tenants.context', 'v1.x.1.1.y', true)")]
    [InlineData("set_config('tenants.context', '5', true)")]
    [InlineData("set_config('tenants.context', replace(current_setting('tenants.context'), '.', '..'), true)")]
    [InlineData("set_config('tenants.context', regexp_replace(current_setting('tenants.context'), '.$', 'g'), true)")]
    public async Task A_context_that_was_touched_is_an_error(string forgery)
    {
        await using var world = await CreateAsync();

        var refused = await Assert.ThrowsAsync<PostgresException>(() => world.TenantAsync<string>("acme", Forge(forgery)));

        Assert.Equal("TN001", refused.SqlState);
    }

    [Fact]
    public async Task Control_the_context_as_it_was_signed_shows_the_tenants_rows()
    {
        await using var world = await CreateAsync();

        Assert.Equal(["a1"], await world.TenantAsync<string>("acme", Forge("set_config('tenants.context', current_setting('tenants.context'), true)")));
    }

    [Fact]
    public async Task Without_a_context_there_are_no_rows()
    {
        await using var world = await CreateAsync();

        Assert.Empty(await world.TenantAsync<string>("acme", Forge("set_config('tenants.context', '', true)")));
    }

    [Fact]
    public async Task A_context_of_one_session_is_worth_nothing_in_another()
    {
        await using var world = await CreateAsync();
        var stolen = Assert.Single(await world.TenantAsync<string>("globex", "select current_setting('tenants.context')"));

        // The backend of the theft is kept busy, so that the replay comes from another one.
        await using var holder = await world.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        var forgery = $"set_config('tenants.context', '{stolen}', true) || set_config('tenants.tenant', 'globex', true)";
        var refused = await Assert.ThrowsAsync<PostgresException>(() => world.TenantAsync<string>("acme", Forge(forgery)));

        Assert.Equal("TN001", refused.SqlState);
    }

    // Two steps in one statement: the first is done before the second is planned.
    private static string Forge(string forgery) =>
        $"select t.title from (select {forgery} as done offset 0) f cross join lateral public.titles_of(f.done) t(title)";

    private static async Task<TenantWorld> CreateAsync()
    {
        var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();
        await world.EnableAsync();
        await world.AdminAsync("create function public.titles_of(text) returns setof text language plpgsql volatile as $$ begin return query execute 'select title from public.todo_item'; end $$");
        return world;
    }
}
