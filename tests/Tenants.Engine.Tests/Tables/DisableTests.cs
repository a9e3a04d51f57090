using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;
using Xunit;

namespace Tenants.Engine.Tests.Tables;

public class DisableTests
{
    [Fact]
    public async Task The_table_is_open_again_and_keeps_column_index_and_rows()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (id serial, title text); insert into todo_item (title) values ('a')");
        await world.EnableAsync("todo_item", defaultTenant: "acme");

        await world.DisableAsync("todo_item");

        var rls = await world.RlsAsync("todo_item");
        Assert.Equal((TenantRlsState.Off, false, false, 0), (rls.State, rls.Enabled, rls.Forced, rls.Policies.Count));
        Assert.Equal("acme", await world.ValueAsync<string>("select tenant from todo_item"));
        Assert.True(await world.ValueAsync<bool>("select to_regclass('todo_item_tenant_idx') is not null"));
        Assert.Null(await world.ValueAsync<string>("select pg_get_expr(adbin, adrelid) from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum where a.attname = 'tenant' and a.attrelid = 'todo_item'::regclass"));
        await Assert.ThrowsAsync<PostgresException>(() => world.AsTenantAsync("acme", "select * from todo_item"));
        await Assert.ThrowsAsync<PostgresException>(() => world.AsTenantAsync("acme", "select nextval('todo_item_id_seq')"));
        Assert.Empty(await RlsReader.ListAsync(world.Database, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task It_can_be_enabled_again()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (id serial); create table other (id serial)");
        await world.EnableAsync("todo_item");
        await world.EnableAsync("other");

        await world.DisableAsync("todo_item");
        await world.RegisterAsync("acme");
        await world.AsTenantAsync("acme", "insert into other default values");
        await world.EnableAsync("todo_item");

        await world.AsTenantAsync("acme", "insert into todo_item default values");
    }

    [Fact]
    public async Task The_column_goes_when_that_is_asked_and_a_question_says_so()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text)");
        await world.EnableAsync("todo_item");

        var plan = await DisablePlanner.PlanAsync(world.Database, await world.FindAsync("todo_item"), new DisableRequest(RemoveColumn: true), TestContext.Current.CancellationToken);
        await world.DisableAsync("todo_item", removeColumn: true);

        Assert.Contains("'tenant'", Assert.Single(plan.Questions), StringComparison.Ordinal);
        Assert.Equal(1, await world.ValueAsync<long>("select count(*) from pg_attribute where attrelid = 'todo_item'::regclass and attnum > 0 and not attisdropped"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Org \"x\"")]
    public async Task A_column_that_was_left_goes_where_it_is_named_and_not_by_a_guess_or_a_pattern(string? given)
    {
        var column = given ?? "tenant";
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text)");
        await world.EnableAsync("todo_item", given);
        await world.DisableAsync("todo_item");
        var table = await world.FindAsync("todo_item");
        foreach (var request in (DisableRequest[])[new() { Column = column, IsNamed = false }, .. given is null ? [new(), new() { IsNamed = false }] : (DisableRequest[])[]])
        {
            var refused = await Assert.ThrowsAsync<TenantException>(() => DisablePlanner.PlanAsync(world.Database, table, request with { RemoveColumn = true }));
            Assert.Equal("ColumnNotOurs", refused.ErrorId);
            Assert.Contains($"'{column}'", refused.Message, StringComparison.Ordinal);
            Assert.Contains($"-RemoveColumn -Column {TableCheck.PowerShellText(column)}", refused.Message, StringComparison.Ordinal);
        }

        var missing = await Assert.ThrowsAsync<TenantException>(() => DisablePlanner.PlanAsync(world.Database, table, new DisableRequest(RemoveColumn: true) { Column = "titel" }));
        Assert.Equal("ColumnNotFound", missing.ErrorId);

        var plan = await DisablePlanner.PlanAsync(world.Database, table, new DisableRequest(RemoveColumn: true) { Column = column });
        Assert.Single(plan.Questions);
        await PlanRunner.RunAsync(world.Database, plan);
        Assert.Equal(1, await world.ValueAsync<long>("select count(*) from pg_attribute where attrelid = 'todo_item'::regclass and attnum > 0 and not attisdropped"));
        Assert.Empty((await DisablePlanner.PlanAsync(world.Database, table, new DisableRequest(RemoveColumn: true))).Steps);
    }

    [Fact]
    public async Task Another_column_than_the_one_that_keeps_tenants_apart_is_not_dropped()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text)");
        await world.EnableAsync("todo_item");
        var table = await world.FindAsync("todo_item");
        var failure = await Assert.ThrowsAsync<TenantException>(() => DisablePlanner.PlanAsync(world.Database, table, new DisableRequest(RemoveColumn: true) { Column = "title" }));
        Assert.Equal("TenantColumnMismatch", failure.ErrorId);
    }

    [Fact]
    public async Task Row_security_stays_on_for_the_policies_of_others()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text); create policy mine on todo_item as restrictive using (title = 'a')");
        await world.EnableAsync("todo_item");

        var plan = await DisablePlanner.PlanAsync(world.Database, await world.FindAsync("todo_item"), null, TestContext.Current.CancellationToken);
        await world.DisableAsync("todo_item");

        Assert.Contains(plan.Warnings, w => w.Contains("mine", StringComparison.Ordinal));
        var rls = await world.RlsAsync("todo_item");
        Assert.Equal((true, false, "mine"), (rls.Enabled, rls.Forced, Assert.Single(rls.Policies)));
    }

    [Fact]
    public async Task A_table_that_keeps_nobody_apart_needs_nothing()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text); alter table todo_item enable row level security");

        Assert.Empty((await DisablePlanner.PlanAsync(world.Database, await world.FindAsync("todo_item"), null, TestContext.Current.CancellationToken)).Steps);
        await world.InitializeAsync(TenantIdType.Text);
        Assert.Empty((await DisablePlanner.PlanAsync(world.Database, await world.FindAsync("todo_item"), new DisableRequest(RemoveColumn: true), TestContext.Current.CancellationToken)).Steps);
    }
}
