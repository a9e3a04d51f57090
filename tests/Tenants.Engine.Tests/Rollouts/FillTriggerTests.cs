using Npgsql;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;
using Tenants.Engine.Tests.Tables;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Rollouts;

/// <summary>What fills in the tenant runs with its maker's rights, and is of no use to anybody else.</summary>
public sealed class FillTriggerTests
{
    private const string Tables = """
        create table account (id int primary key, tenant text);
        insert into account select i, 't' || i % 3 from generate_series(1, 30) i;
        create table item (id int primary key, account_id int);
        insert into item select i, i from generate_series(1, 30) i;
        """;

    private const string Derive = "select a.tenant from account a where a.id = t.account_id";

    // The column's type brings a cast of its maker's along.
    private const string Trap = """
        create table pg_temp.seen (who name);
        create type pg_temp.trap as (id int);
        create function pg_temp.spring(pg_temp.trap) returns int language plpgsql as $$ begin insert into pg_temp.seen values (current_user); return 1; end $$;
        create cast (pg_temp.trap as int) with function pg_temp.spring(pg_temp.trap) as implicit;
        create table pg_temp.bait (account_id pg_temp.trap, tenant text);
        grant all on pg_temp.seen to public;
        """;

    [Fact]
    public async Task Nobody_may_call_it_whatever_default_privileges_say_and_it_does_nothing_on_other_tables()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        var (login, connectionString) = await world.Test.CreateLoginAsync("old");
        await world.RunAsync($"alter default privileges grant execute on functions to {login}; grant temporary on database {world.Test.Name} to {login}");
        await PrepareAsync(world);
        Assert.Equal(0, await world.ValueAsync<long>("select count(*) from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where p.proname like 'item%' and a.grantee <> p.proowner"));

        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var connection = await source.OpenConnectionAsync();
        await RunAsync(connection, Trap);
        const string Bind = "create trigger spring before insert on pg_temp.bait for each row execute function public.item_tenant_fill()";
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => RunAsync(connection, Bind))).SqlState);

        // Even where somebody was given it.
        await world.RunAsync($"grant execute on function item_tenant_fill() to {login}");
        await RunAsync(connection, Bind + "; insert into pg_temp.bait values (row(1))");
        await using var look = new NpgsqlCommand("select count(*) from pg_temp.seen where who <> session_user", connection);
        Assert.Equal(0L, await look.ExecuteScalarAsync());
    }

    [Theory]
    [InlineData("create table part (id int, account_id int) partition by list (id); create table low partition of part default partition by list (id); create table item partition of low default")]
    [InlineData("create table part (id int, account_id int); create table low () inherits (part); create table item () inherits (low)")]
    public async Task It_serves_partitions_and_children_of_any_depth(string family)
    {
        await using var world = await TableWorld.CreateAsync("create table account (id int primary key, tenant text); insert into account values (1, 't1');" + family);
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync("part"), new EnableRequest { Backfill = Derive }, TenantRolloutPhase.Prepare);
        await world.RunAsync("insert into item (id, account_id) values (1, 1)");
        Assert.Equal("t1", await world.ValueAsync<string>("select tenant from item"));
    }

    [Theory]
    [InlineData("create table item (id int, account_id int, region text generated always as ('t' || account_id % 3) stored)")]
    [InlineData("create table item (id int, account_id int, region text generated always as ('t' || account_id % 3) stored) partition by list (id); create table item_d (account_id int, region text generated always as ('t' || account_id % 3) stored, id int); alter table item attach partition item_d default")]
    public async Task It_computes_generated_columns_which_the_server_computes_only_later(string table)
    {
        await using var world = await TableWorld.CreateAsync(table + "; insert into item (id, account_id) values (1, 1)");
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync("item"), new EnableRequest { Backfill = "coalesce(t.region, 'nobody')" }, TenantRolloutPhase.Prepare);
        await world.RunAsync("insert into item (id, account_id) values (2, 2); update item set account_id = 2 where id = 1; insert into item values (3, 3)");
        Assert.Equal("1 t1, 2 t2, 3 t0", await world.ValueAsync<string>("select string_agg(id || ' ' || tenant, ', ' order by id) from item"));
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync("item"), new EnableRequest(), TenantRolloutPhase.Enforce);
        Assert.Equal(TenantRlsState.On, (await world.RlsAsync("item")).State);
    }

    [Fact]
    public async Task What_a_generated_column_is_computed_by_must_be_trusted_too_and_the_same_everywhere()
    {
        await using var world = await TableWorld.CreateAsync("create schema lent; create function lent.region(int) returns text language sql immutable return 't1'; create table item (id int, region text generated always as (lent.region(id)) stored)");
        var (login, _) = await world.Test.CreateLoginAsync("lesser");
        await TestDatabase.ExecuteAsync(world.Test.Superuser, $"alter function lent.region owner to {login}");
        Assert.Equal("BackfillNotTrusted", await FailsAsync(world));
        await TestDatabase.ExecuteAsync(world.Test.Superuser, $"alter function lent.region owner to {world.Test.AdminLogin}");
        if (world.Test.Server.Version.Major < 16)
        {
            // Until then the server itself sees to it that children compute it alike.
            Assert.NotEmpty((await RolloutPlanner.PlanAsync(world.Database, await world.FindAsync("item"), new EnableRequest { Backfill = "t.region" })).Plan.Steps);
            return;
        }

        await world.RunAsync("create table child (region text generated always as ('t2') stored) inherits (item)");
        Assert.Equal("BackfillInvalid", await FailsAsync(world));
    }

    private static async Task<string> FailsAsync(TableWorld world)
    {
        var table = await world.FindAsync("item");
        return (await Assert.ThrowsAsync<TenantException>(() => RolloutPlanner.PlanAsync(world.Database, table, new EnableRequest { Backfill = "t.region" }))).ErrorId;
    }

    private static async Task PrepareAsync(TableWorld world) =>
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync("item"), new EnableRequest { Backfill = Derive }, TenantRolloutPhase.Prepare);

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
