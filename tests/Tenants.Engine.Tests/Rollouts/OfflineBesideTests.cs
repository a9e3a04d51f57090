using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;
using Tenants.Engine.Tests.Tables;
using Xunit;

namespace Tenants.Engine.Tests.Rollouts;

/// <summary>What is done to a table in one transaction while a rollout of it is at work, or was begun and not ended.</summary>
public sealed class OfflineBesideTests
{
    private const string Tables = "create table item (id int primary key, account_id int); insert into item select i, i from generate_series(1, 30) i;";

    private const string Left = """
        select (select count(*) from tenants.rollout) + (select count(*) from pg_trigger where not tgisinternal)
             + (select count(*) from pg_proc where proname like 'item%') + (select count(*) from pg_constraint where contype = 'c' and conrelid = 'item'::regclass)
        """;

    private static readonly EnableRequest s_request = new("Org \"x\"") { Backfill = "'t' || t.account_id % 3" };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task It_is_refused_while_another_run_is_at_work_and_names_that_one(bool enables)
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync("item"), s_request, TenantRolloutPhase.Prepare);
        var table = await world.FindAsync("item");
        var plan = enables
            ? (await EnablePlanner.PlanAsync(world.Database, table, new EnableRequest())).Plan
            : await DisablePlanner.PlanAsync(world.Database, table);
        await using (var session = await RolloutSession.OpenAsync(world.Database, table.Oid, table.DisplayName, Cancellation))
        {
            var failure = await Assert.ThrowsAsync<TenantException>(() => PlanRunner.RunAsync(world.Database, plan, cancellationToken: Cancellation));
            Assert.Equal("RolloutRunning", failure.ErrorId);
            Assert.Contains($"pid {session.Connection.ProcessID}", failure.Message, StringComparison.Ordinal);
            Assert.Equal(4, await world.ValueAsync<long>(Left));
        }

        await PlanRunner.RunAsync(world.Database, plan, cancellationToken: Cancellation);
        Assert.Equal(0, await world.ValueAsync<long>(Left));
        Assert.Equal(enables ? TenantRlsState.On : TenantRlsState.Off, (await world.RlsAsync("item")).State);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_plan_that_another_run_has_overtaken_changes_nothing(bool isLive)
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        var table = await world.FindAsync("item");
        await RolloutRunner.EnableAsync(world.Database, table, s_request, TenantRolloutPhase.Prepare);
        var plan = await DisablePlanner.PlanAsync(world.Database, table, new DisableRequest(RemoveColumn: true, IsLive: isLive));
        await RolloutRunner.EnableAsync(world.Database, table, new EnableRequest(), TenantRolloutPhase.Enforce);
        var failure = await Assert.ThrowsAsync<TenantException>(() => RunAsync(world, table, plan, isLive));
        Assert.Equal("TableChanged", failure.ErrorId);
        Assert.Equal(TenantRlsState.On, (await world.RlsAsync("item")).State);
        await RunAsync(world, table, await DisablePlanner.PlanAsync(world.Database, table, new DisableRequest(RemoveColumn: true, IsLive: isLive)), isLive);
        Assert.Equal(2, await world.ValueAsync<long>("select count(*) from pg_attribute where attrelid = 'item'::regclass and attnum > 0 and not attisdropped"));
    }

    [Fact]
    public async Task Enabled_in_one_transaction_a_prepared_table_is_brought_to_its_end_by_what_it_was_begun_with()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        var table = await world.FindAsync("item");
        await RolloutRunner.EnableAsync(world.Database, table, s_request, TenantRolloutPhase.Prepare);
        await world.RunAsync("alter table item disable trigger zz_tenants_fill; insert into item values (31, 31)");
        foreach (var other in (EnableRequest[])[new(null, "acme"), new("tenant") { Backfill = s_request.Backfill }])
        {
            Assert.Equal("RolloutChanged", (await Assert.ThrowsAsync<TenantException>(() => EnablePlanner.PlanAsync(world.Database, table, other))).ErrorId);
            Assert.Equal("RolloutChanged", (await Assert.ThrowsAsync<TenantException>(() => RolloutRunner.EnableAsync(world.Database, table, other))).ErrorId);
        }

        await PlanRunner.RunAsync(world.Database, (await EnablePlanner.PlanAsync(world.Database, table, new EnableRequest())).Plan, cancellationToken: Cancellation);
        var rls = await world.RlsAsync("item");
        Assert.Equal((TenantRlsState.On, "Org \"x\""), (rls.State, rls.Column));
        Assert.Equal("t1", await world.ValueAsync<string>("select \"Org \"\"x\"\"\" from item where id = 31"));
        Assert.Equal(0, await world.ValueAsync<long>(Left));
    }

    [Fact]
    public async Task Somebodys_own_constraint_stays_whatever_it_is_named()
    {
        await using var world = await TableWorld.CreateAsync("""
            create table item (id int, tenant text, constraint mine_filled check (tenant is not null), constraint item_tenant_filled check (tenant <> ''));
            insert into item values (1, 't1')
            """);
        var table = await world.FindAsync("item");
        var names = new List<string>();
        await RolloutRunner.EnableAsync(world.Database, table, new EnableRequest(null, "acme"), null, new RolloutOptions { OnStep = s => names.Add(s.Up) });
        Assert.Contains(names, sql => sql.Contains("add constraint \"item_tenant_filled1\" check", StringComparison.Ordinal));
        Assert.Equal(TenantRlsState.On, (await world.RlsAsync("item")).State);
        await PlanRunner.RunAsync(world.Database, await DisablePlanner.PlanAsync(world.Database, table), cancellationToken: Cancellation);
        Assert.Equal("item_tenant_filled,mine_filled", await world.ValueAsync<string>("select string_agg(conname, ',' order by conname) from pg_constraint where conrelid = 'item'::regclass and contype = 'c'"));
    }

    private static Task RunAsync(TableWorld world, TableInfo table, Plan plan, bool isLive) =>
        isLive ? RolloutRunner.RunAsync(world.Database, table, plan) : PlanRunner.RunAsync(world.Database, plan, cancellationToken: Cancellation);
}
