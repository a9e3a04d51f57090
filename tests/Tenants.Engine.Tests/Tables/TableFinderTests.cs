using Tenants.Engine.Catalog;
using Xunit;

namespace Tenants.Engine.Tests.Tables;

public class TableFinderTests
{
    private static readonly string s_longName = new string('x', 59) + "_日";

    [Fact]
    public async Task Odd_names_are_found_as_people_type_them()
    {
        await using var world = await TableWorld.CreateAsync($"""
            create schema "we.ird";
            create table "Order Items" (id int);
            create table "Todo" (id int);
            create table todo (id int);
            create table "we.ird"."Na""me" (id int);
            create table "a*b" (id int);
            create table "{s_longName}" (id int);
            create table "public.dotted" (id int)
            """);

        Assert.Equal("Order Items", (await world.FindAsync("Order Items")).Name);
        Assert.Equal("Order Items", (await world.FindAsync("\"Order Items\"")).Name);
        Assert.Equal("Order Items", (await world.FindAsync("public.\"Order Items\"")).Name);
        Assert.Equal("Todo", (await world.FindAsync("Todo")).Name);
        Assert.Equal("todo", (await world.FindAsync("todo")).Name);
        Assert.Equal("todo", (await world.FindAsync("TODO")).Name);
        Assert.Equal("Na\"me", (await world.FindAsync("\"we.ird\".\"Na\"\"me\"")).Name);
        Assert.Equal("a*b", (await world.FindAsync("a*b")).Name);
        Assert.Equal(s_longName, (await world.FindAsync(s_longName)).Name);
        Assert.Equal("public.dotted", (await world.FindAsync("public.dotted")).Name);
    }

    [Fact]
    public async Task Wildcards_find_ordinary_and_partitioned_tables_and_no_others()
    {
        await using var world = await TableWorld.CreateAsync("""
            create schema app;
            create table a_one (id int);
            create table a_parted (id int) partition by list (id);
            create table a_parted_1 partition of a_parted for values in (1);
            create table a_child () inherits (a_one);
            create view a_view as select 1 as id;
            create materialized view a_copy as select 1 as id;
            create sequence a_seq;
            create unlogged table a_unlogged (id int);
            create table app.a_other (id int);
            """);
        await world.InitializeAsync(TenantIdType.Text);

        var found = await TableFinder.FindAsync(world.Database, "A_*", cancellationToken: TestContext.Current.CancellationToken);
        var everywhere = await TableFinder.FindAsync(world.Database, "*.*", cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(["a_one", "a_parted", "a_unlogged"], found.Select(t => t.Name));
        Assert.Equal(["app.a_other", "public.a_one", "public.a_parted", "public.a_unlogged"], everywhere.Select(t => t.DisplayName));
        Assert.Empty(await TableFinder.FindAsync(world.Database, "zz*", cancellationToken: TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_name_that_is_not_there_is_an_error_with_near_ones()
    {
        await using var world = await TableWorld.CreateAsync("create schema app; create table todo_item (id int); create table app.invoice (id int)");

        var near = await Assert.ThrowsAsync<TenantException>(() => world.FindAsync("todo_itm"));
        var elsewhere = await Assert.ThrowsAsync<TenantException>(() => world.FindAsync("invoice"));

        Assert.Equal("TableNotFound", near.ErrorId);
        Assert.Contains("'todo_item'", near.Message, StringComparison.Ordinal);
        Assert.Contains("'app.invoice'", elsewhere.Message, StringComparison.Ordinal);
    }
}
