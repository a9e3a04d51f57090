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

    private static async Task PrepareAsync(TableWorld world) =>
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync("item"), new EnableRequest { Backfill = Derive }, TenantRolloutPhase.Prepare);

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
