using Npgsql;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;
using Tenants.Engine.Tests.Tables;
using Tenants.Testing;
using Xunit;
using static Tenants.Engine.Tests.Rollouts.AccountItems;

namespace Tenants.Engine.Tests.Rollouts;

/// <summary>What fills in the tenant runs with its maker's rights, and is of no use to anybody else.</summary>
public sealed class FillTriggerTests
{
    private const string Tables = Accounts + """
        create table item (id int primary key, account_id int);
        insert into item select i, i from generate_series(1, 30) i;
        """;

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
        Assert.Equal("1 t2, 2 t2, 3 t0", await world.ValueAsync<string>("select string_agg(id || ' ' || tenant, ', ' order by id) from item"));
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync("item"), new EnableRequest(), TenantRolloutPhase.Enforce);
        Assert.Equal(TenantRlsState.On, (await world.RlsAsync("item")).State);
    }

    [Theory]
    [InlineData("create table item (id int, a int, region text generated always as ('t' || a) stored, b json, title text)", "coalesce(to_jsonb(t) ->> 'region', 'nobody')")]
    [InlineData("create table item (id int, a int, region text generated always as ('t' || a) stored, b json, title text)", "case when t.region is not null then 't' || (to_jsonb(t) ->> 'a') end")]
    [InlineData("create table item (title text, id int, gone int, a int, b json); alter table item drop column gone", "'t' || (to_jsonb(t) ->> 'a')")]
    public async Task The_row_as_a_whole_holds_all_columns_and_the_generated_ones_too(string table, string expression)
    {
        await using var world = await TableWorld.CreateAsync(table + "; insert into item (id, a, b) values (1, 1, '{}')");
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync("item"), new EnableRequest { Backfill = expression }, TenantRolloutPhase.Prepare);
        await world.RunAsync("insert into item (id, a, b) values (2, 2, '[]'); update item set title = 'x'; update item set a = 3 where id = 1; insert into item (id, a) values (4, 4)");
        Assert.Equal("1 t3, 2 t2, 4 t4", await world.ValueAsync<string>("select string_agg(id || ' ' || tenant, ', ' order by id) from item"));
    }

    [Fact]
    public async Task What_no_trigger_can_evaluate_is_told_and_left_to_the_catching_up()
    {
        await using var world = await TableWorld.CreateAsync("create table item (id int); insert into item values (1)");
        var request = new EnableRequest { Backfill = "case when t.ctid is not null then 't1' end" };
        var plan = (await RolloutPlanner.PlanAsync(world.Database, await world.FindAsync("item"), request)).Plan;
        Assert.Contains(plan.Warnings, w => w.Contains("no trigger can evaluate", StringComparison.Ordinal));
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync("item"), request, TenantRolloutPhase.Prepare);
        await world.RunAsync("insert into item values (2)");
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync("item"), new EnableRequest(), TenantRolloutPhase.Enforce);
        Assert.Equal(2, await world.ValueAsync<long>("select count(*) from item where tenant = 't1'"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("; create table item_1 partition of item for values in (1); create table item_d (tenant text, title text, account_id int, id int)")]
    public async Task A_tenant_iDeriveRequestd_anew_where_old_code_changes_what_it_iDeriveRequestd_from(string partitions)
    {
        await using var world = await TableWorld.CreateAsync($"""
            create table account (id int primary key, tenant text);
            insert into account values (1, 't1'), (2, 't2'), (3, 't3');
            create table item (id int, account_id int, title text) {(partitions == "" ? "" : "partition by list (id)")}{partitions.Replace("(tenant text, title", "(title", StringComparison.Ordinal)};
            {(partitions == "" ? "" : "alter table item attach partition item_d default;")}
            insert into item select i, 1 from generate_series(1, 5) i;
            """);
        await PrepareAsync(world);
        await world.RunAsync("""
            update item set account_id = 2 where id = 1;
            update item set title = 'x' where id = 2;
            update item set account_id = 2, tenant = 't3' where id = 3;
            update item set account_id = 99 where id = 4;
            update item set tenant = 't2' where id = 5;
            update item set title = 'kept' where id = 5;
            """);
        Assert.Equal("1 t2, 2 t1, 3 t3, 4 none, 5 t2", await TenantsAsync(world));

        // It is told before anything is enforced, and found again once there is a tenant.
        var table = await world.FindAsync("item");
        Assert.Equal("RowsWithoutTenant", (await Assert.ThrowsAsync<TenantException>(() => RolloutRunner.EnableAsync(world.Database, table, new EnableRequest(), TenantRolloutPhase.Enforce))).ErrorId);
        await world.RunAsync("update item set account_id = 3 where id = 4");
        await RolloutRunner.EnableAsync(world.Database, table, new EnableRequest(), TenantRolloutPhase.Enforce);
        Assert.Equal("1 t2, 2 t1, 3 t3, 4 t3, 5 t2", await TenantsAsync(world));
        Assert.Equal(0, await world.ValueAsync<long>("select count(*) from pg_trigger where not tgisinternal"));
    }

    [Theory]
    [InlineData("select a.tenant from account a where a.id = t.account_id", "")]
    [InlineData("select a.tenant from seen a where a.id = t.account_id", "create view seen as select * from account;")]
    public async Task No_fallback_is_taken_for_what_policies_hide_from_old_code(string lookup, string made)
    {
        await using var world = await TableWorld.CreateAsync(Tables + made);
        var (login, connectionString) = await world.Test.CreateLoginAsync("old");
        await world.EnableAsync("account");
        await world.RunAsync($"grant select, insert, update on item to {login}");
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync("item"), new EnableRequest { Backfill = $"coalesce(({lookup}), 'legacy')" }, TenantRolloutPhase.Prepare);
        await using (var source = NpgsqlDataSource.Create(connectionString))
        await using (var old = await source.OpenConnectionAsync())
        {
            await RunAsync(old, "insert into item (id, account_id) values (31, 2); update item set account_id = 2 where id = 1");
        }

        Assert.Equal(2, await world.ValueAsync<long>("select count(*) from item where id in (1, 31) and tenant is null"));
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync("item"), new EnableRequest(), TenantRolloutPhase.Enforce);
        Assert.Equal(2, await world.ValueAsync<long>("select count(*) from item where id in (1, 31) and tenant = 't2'"));
    }

    [Fact]
    public async Task After_the_table_was_renamed_it_is_of_no_use_on_another_one_either()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        var (login, connectionString) = await world.Test.CreateLoginAsync("old");
        await world.RunAsync($"grant temporary on database {world.Test.Name} to {login}");
        await PrepareAsync(world);
        await world.RunAsync($"alter table item rename to was_item; grant execute on function item_tenant_fill() to {login}");
        await using var source = NpgsqlDataSource.Create(connectionString);
        await using var connection = await source.OpenConnectionAsync();
        await RunAsync(connection, Trap + "create trigger spring before insert on pg_temp.bait for each row execute function public.item_tenant_fill(); insert into pg_temp.bait values (row(1))");
        await using var look = new NpgsqlCommand("select count(*) from pg_temp.seen where who <> session_user", connection);
        Assert.Equal(0L, await look.ExecuteScalarAsync());
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

    private static Task<string?> TenantsAsync(TableWorld world) =>
        world.ValueAsync<string>("select string_agg(id || ' ' || coalesce(tenant, 'none'), ', ' order by id) from item");

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
