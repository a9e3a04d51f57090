using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;
using Tenants.Engine.Tests.Support;
using Xunit;

namespace Tenants.Engine.Tests.Sharing;

public class SharedTablePlannerTests
{
    [Fact]
    public async Task Tenants_read_a_shared_table_and_do_not_write_it()
    {
        await using var world = await CreateAsync();
        await Assert.ThrowsAsync<PostgresException>(() => world.TenantAsync<string>("acme", "select code from ref.country"));

        await GrantAsync(world);

        Assert.Equal(["de"], await world.TenantAsync<string>("acme", "select code from ref.country"));
        await Assert.ThrowsAsync<PostgresException>(() => world.TenantAsync<string>("acme", "insert into ref.country (code) values ('fr')"));
        Assert.True((await PlanGrantAsync(world)).IsEmpty);
        var shared = Assert.Single(await ListAsync(world));
        Assert.Equal(("ref", "country", false), (shared.Schema, shared.Name, shared.IsWritable));
    }

    [Fact]
    public async Task A_writable_one_can_be_written_numbers_of_serial_columns_included()
    {
        await using var world = await CreateAsync();

        await GrantAsync(world, writable: true);
        await world.TenantAsync<string>("acme", "insert into ref.country (code) values ('fr')");

        Assert.Equal(["de", "fr"], await world.TenantAsync<string>("globex", "select code from ref.country order by id"));
        Assert.True((await PlanGrantAsync(world, writable: true)).IsEmpty);
    }

    [Fact]
    public async Task Shared_again_read_only_it_cannot_be_written_any_more()
    {
        await using var world = await CreateAsync();
        await GrantAsync(world, writable: true);
        await GrantAsync(world);

        await Assert.ThrowsAsync<PostgresException>(() => world.TenantAsync<string>("acme", "delete from ref.country"));
        Assert.False(Assert.Single(await ListAsync(world)).IsWritable);
    }

    [Fact]
    public async Task Taken_back_nothing_of_it_is_left()
    {
        await using var world = await CreateAsync();
        await GrantAsync(world, writable: true);

        await RevokeAsync(world);

        Assert.Empty(await ListAsync(world));
        Assert.False(await world.AdminValueAsync<bool>(
            $"""
            select has_table_privilege('{world.Installation.SessionRole}', 'ref.country', 'select')
                or has_schema_privilege('{world.Installation.SessionRole}', 'ref', 'usage')
                or has_sequence_privilege('{world.Installation.SessionRole}', 'ref.country_id_seq', 'usage')
            """));
        Assert.True((await SharedTablePlanner.RevokeAsync(world.Database, await world.TableAsync("ref.country"), TestContext.Current.CancellationToken)).IsEmpty);
    }

    [Fact]
    public async Task Taking_one_back_leaves_the_others_of_its_schema_usable()
    {
        await using var world = await CreateAsync();
        await world.AdminAsync("create table ref.plan (name text); insert into ref.plan values ('free')");
        await GrantAsync(world);
        await GrantAsync(world, table: "ref.plan");

        await RevokeAsync(world);

        Assert.Equal(["free"], await world.TenantAsync<string>("acme", "select name from ref.plan"));
    }

    [Fact]
    public async Task What_cannot_be_shared_is_refused_by_name()
    {
        await using var world = await CreateAsync();
        await world.CreateTodoAsync();
        await world.EnableAsync();

        foreach (var name in (string[])["public.todo_item", "tenants.tenant", "pg_catalog.pg_class", "ref.country_id_seq"])
        {
            var table = await world.TableAsync(name);
            var refused = await Assert.ThrowsAsync<TenantException>(() => SharedTablePlanner.GrantAsync(world.Database, table, false, true, TestContext.Current.CancellationToken));
            Assert.Equal("TableNotShareable", refused.ErrorId);
            Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_view_that_reads_tenants_rows_as_its_owner_needs_force()
    {
        await using var world = await CreateAsync();
        await world.CreateTodoAsync();
        await world.EnableAsync();
        await world.SuperuserAsync("create view ref.titles as select title from public.todo_item");
        await world.AdminAsync("create view ref.codes as select code from ref.country");

        var titles = await world.TableAsync("ref.titles");
        var refused = await Assert.ThrowsAsync<TenantException>(() => SharedTablePlanner.GrantAsync(world.Database, titles, false, false, TestContext.Current.CancellationToken));
        Assert.Equal("ViewOpensTenants", refused.ErrorId);
        Assert.Single((await SharedTablePlanner.GrantAsync(world.Database, titles, false, true, TestContext.Current.CancellationToken)).Warnings);

        await GrantAsync(world, table: "ref.codes");
        Assert.Equal(["de"], await world.TenantAsync<string>("acme", "select code from ref.codes"));
    }

    [Fact]
    public async Task An_odd_name_is_shared_like_any_other()
    {
        await using var world = await CreateAsync();
        await world.AdminAsync("create schema \"Odd \"\"Schema\"\"\"; create table \"Odd \"\"Schema\"\"\".\"Länder 'x'\" (code text)");
        const string Name = "\"Odd \"\"Schema\"\"\".\"Länder 'x'\"";

        await GrantAsync(world, table: Name);

        Assert.Empty(await world.TenantAsync<string>("acme", $"select code from {Name}"));
    }

    private static async Task<TenantWorld> CreateAsync()
    {
        var world = await TenantWorld.CreateAsync();
        await world.AdminAsync("create schema ref; create table ref.country (id serial primary key, code text); insert into ref.country (code) values ('de')");
        return world;
    }

    private static async Task<Plan> PlanGrantAsync(TenantWorld world, bool writable = false, string table = "ref.country") =>
        await SharedTablePlanner.GrantAsync(world.Database, await world.TableAsync(table), writable, false, TestContext.Current.CancellationToken);

    private static async Task GrantAsync(TenantWorld world, bool writable = false, string table = "ref.country") =>
        await PlanRunner.RunAsync(world.Database, await PlanGrantAsync(world, writable, table), cancellationToken: TestContext.Current.CancellationToken);

    private static async Task RevokeAsync(TenantWorld world) => await PlanRunner.RunAsync(
        world.Database,
        await SharedTablePlanner.RevokeAsync(world.Database, await world.TableAsync("ref.country"), TestContext.Current.CancellationToken),
        cancellationToken: TestContext.Current.CancellationToken);

    private static async Task<IReadOnlyList<SharedTable>> ListAsync(TenantWorld world)
    {
        await using var connection = await world.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        return await Engine.Catalog.SharedTables.ListAsync(connection, world.Installation, TestContext.Current.CancellationToken);
    }
}
