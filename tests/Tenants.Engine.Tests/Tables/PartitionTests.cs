using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Tables;

public class PartitionTests
{
    private const string Parted = """
        create table event (id int, region text, tenant text) partition by list (region);
        create table event_eu partition of event for values in ('eu') partition by range (id);
        create table event_eu_1 partition of event_eu for values from (0) to (100);
        create table event_us partition of event for values in ('us');
        insert into event values (1, 'eu', 'acme'), (2, 'us', 'acme'), (3, 'eu', 'globex')
        """;

    [Fact]
    public async Task All_partitions_are_closed_with_their_root()
    {
        await using var world = await TableWorld.CreateAsync(Parted);
        var (login, connection) = await world.Test.CreateLoginAsync("reader");
        await world.RunAsync($"grant select on all tables in schema public to {login}");

        var rls = await world.EnableAsync("event");
        await world.RegisterAsync("acme");
        var reader = world.Test.CreateSource(connection);

        Assert.Equal(["public.event_eu", "public.event_eu_1", "public.event_us"], rls.Partitions);
        Assert.Equal(["1", "2"], await world.AsTenantAsync("acme", "select id from event order by id"));
        foreach (var table in new[] { "event", "event_eu", "event_eu_1", "event_us" })
        {
            Assert.Equal(0, await TestDatabase.ScalarAsync<long>(reader, $"select count(*) from {table}"));
        }

        Assert.Equal(3, await world.ValueAsync<long>("select count(*) from event"));
        Assert.Equal(2, await world.ValueAsync<long>("select count(*) from event_eu_1"));
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => world.AsTenantAsync("acme", "select id from event_us"));
    }

    [Fact]
    public async Task A_partition_that_came_later_is_told_and_closed_by_the_next_run()
    {
        await using var world = await TableWorld.CreateAsync(Parted);
        await world.EnableAsync("event");
        await world.RunAsync("create table event_asia partition of event for values in ('asia')");

        var rls = await world.RlsAsync("event");

        Assert.Equal(TenantRlsState.Incomplete, rls.State);
        Assert.All(rls.Missing, m => Assert.StartsWith("partition public.event_asia: ", m, StringComparison.Ordinal));
        await world.EnableAsync("event");
        Assert.True(await world.ValueAsync<bool>("select relforcerowsecurity from pg_class where oid = 'event_asia'::regclass"));
    }

    [Fact]
    public async Task A_partition_named_by_itself_is_refused_until_its_root_is_enabled()
    {
        await using var world = await TableWorld.CreateAsync(Parted);

        var failure = await world.FailsAsync("TableNotSupported", "event_eu_1");
        await world.EnableAsync("event");

        Assert.Contains("partition of public.event,", failure.Message, StringComparison.Ordinal);
        var planned = await world.PlanAsync("event_eu_1");
        Assert.Equal(("public.event", 0), (planned.Table.DisplayName, planned.Plan.Steps.Count));
        Assert.Equal(TenantRlsState.On, (await world.RlsAsync("event_eu_1")).State);
    }

    [Fact]
    public async Task Children_by_inheritance_are_closed_too()
    {
        await using var world = await TableWorld.CreateAsync("""
            create table item (id int, tenant text);
            create table special (more int) inherits (item);
            insert into item values (1, 'acme');
            insert into special values (2, 'acme', 0), (3, 'globex', 0), (4, null, 0)
            """);

        await world.EnableAsync("item", defaultTenant: "acme");

        Assert.Equal(["1", "2", "4"], await world.AsTenantAsync("acme", "select id from item order by id"));
        Assert.True(await world.ValueAsync<bool>("select relforcerowsecurity from pg_class where oid = 'special'::regclass"));
        Assert.Equal("special_tenant_idx", await world.ValueAsync<string>("select indexrelid::regclass::text from pg_index where indrelid = 'special'::regclass"));
    }

    [Fact]
    public async Task A_child_that_had_the_column_before_its_parent_is_filled_in()
    {
        await using var world = await TableWorld.CreateAsync("""
            create table item (id int);
            create table special (tenant text) inherits (item);
            insert into item values (1);
            insert into special values (2, 'globex'), (3, null)
            """);

        await world.EnableAsync("item", defaultTenant: "acme");

        Assert.Equal("1:acme,2:globex,3:acme", await world.ValueAsync<string>("select string_agg(id || ':' || tenant, ',' order by id) from item"));
    }

    [Fact]
    public async Task Disabling_the_root_opens_its_partitions_and_one_alone_cannot_be_opened()
    {
        await using var world = await TableWorld.CreateAsync(Parted);
        await world.EnableAsync("event");

        var failure = await Assert.ThrowsAsync<TenantException>(() => world.DisableAsync("event_us"));
        await world.DisableAsync("event");

        Assert.Contains("public.event", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, await world.ValueAsync<long>("select count(*) from pg_class where relrowsecurity"));
        Assert.Equal(0, await world.ValueAsync<long>("select count(*) from pg_policy"));
    }
}
