using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;
using Tenants.Engine.Tests.Tables;
using Tenants.Testing;
using Xunit;
using static Tenants.Engine.Tests.Rollouts.AccountItems;

namespace Tenants.Engine.Tests.Rollouts;

/// <summary>Rollouts of tables that are written meanwhile, and what stops one.</summary>
public sealed class RolloutTests
{
    private const string Tables = Accounts + """
        create table item (id int generated always as identity primary key, account_id int, title text);
        insert into item (account_id, title) select 1 + i % 30, repeat('x', 300) || i from generate_series(1, 2000) i;
        """;

    [Fact]
    public async Task Old_code_goes_on_until_the_table_is_enforced_and_its_rows_have_the_right_tenant()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        var (login, connectionString) = await world.Test.CreateLoginAsync("old");
        await world.RunAsync($"grant select, insert, update, delete on item to {login}");
        await using var owner = new OldCode(world.Test, world.Test.AdminConnectionString, 1);
        await using var other = new OldCode(world.Test, connectionString, 2);

        await RunAsync(world, DeriveRequest, TenantRolloutPhase.Prepare);
        var (first, second) = (owner.Statements, other.Statements);
        while (owner.Statements < first + 30 || other.Statements < second + 30)
        {
            Assert.Null(owner.Failure);
            Assert.Null(other.Failure);
            await Task.Delay(20);
        }

        await owner.DisposeAsync();
        await other.DisposeAsync();
        Assert.Null(owner.Failure);
        Assert.Null(other.Failure);
        Assert.Equal(0, await world.ValueAsync<long>("select count(*) from item i join account a on a.id = i.account_id where i.tenant is distinct from a.tenant"));
        Assert.True(await world.ValueAsync<long>("select count(*) from item where title = 'new'") > 20);
        Assert.Equal(0, await world.ValueAsync<long>("select count(*) from item where tenant is null"));


        // What fills them in is nobody's to call, and tenants' SQL has no right on the table yet.
        Assert.Equal(0, await world.ValueAsync<long>("select count(*) from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a where p.proname like 'item%' and a.grantee <> p.proowner"));
        await world.RegisterAsync("t1");
        await Assert.ThrowsAsync<PostgresException>(() => world.AsTenantAsync("t1", "select * from item"));
        Assert.Empty((await RolloutPlanner.PlanAsync(world.Database, await world.FindAsync("item"), DeriveRequest, TenantRolloutPhase.Prepare)).Plan.Steps);
        await RunAsync(world, new EnableRequest(), TenantRolloutPhase.Enforce);
        var rls = await world.RlsAsync("item");
        Assert.Equal(TenantRlsState.On, rls.State);
        Assert.Empty(rls.Missing);
        Assert.Equal(0, await world.ValueAsync<long>("select count(*) from tenants.rollout"));
        Assert.Equal(0, await world.ValueAsync<long>("select count(*) from pg_proc where proname like 'item%'"));
    }

    [Fact]
    public async Task Rows_that_the_triggers_session_cannot_place_are_written_all_the_same_and_caught_up_with()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        var (login, connectionString) = await world.Test.CreateLoginAsync("old");
        await world.EnableAsync("account", defaultTenant: null);
        await world.RunAsync($"grant select, insert on item to {login}");
        await RunAsync(world, DeriveRequest, TenantRolloutPhase.Prepare);

        // The accounts are a tenant table by now: this login sees none of them, and so does a trigger in its session.
        await using (var source = NpgsqlDataSource.Create(connectionString))
        {
            Assert.Equal(DBNull.Value, await source.CreateCommand("insert into item (account_id, title) values (7, 'late') returning tenant").ExecuteScalarAsync());
        }

        await RunAsync(world, DeriveRequest, TenantRolloutPhase.Enforce);
        Assert.Equal("t1", await world.ValueAsync<string>("select tenant from item where title = 'late'"));
    }

    [Fact]
    public async Task Rows_for_which_the_expression_finds_no_tenant_are_told_before_anything_is_enforced()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        await world.RunAsync("insert into item (account_id, title) values (99, 'lost'), (null, 'lost')");
        var warnings = new List<string>();
        var options = new RolloutOptions { OnWarning = warnings.Add };
        var failure = await FailsAsync("RowsWithoutTenant", world, DeriveRequest, null, options);
        Assert.Contains("2 rows of public.item", failure.Message, StringComparison.Ordinal);
        Assert.Contains("id of some: 2001; 2002", failure.Message, StringComparison.Ordinal);
        Assert.Contains(warnings, w => w.Contains("no tenant for 2 rows", StringComparison.Ordinal));
        Assert.Equal(0, await world.ValueAsync<long>("select count(*) from pg_policy"));

        await world.RunAsync("insert into account values (99, 't9'); update item set tenant = 't1' where account_id is null");
        await RunAsync(world, new EnableRequest());
        Assert.Equal(TenantRlsState.On, (await world.RlsAsync("item")).State);
    }

    [Fact]
    public async Task Another_expression_than_the_first_runs_is_refused()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        await RunAsync(world, DeriveRequest, TenantRolloutPhase.Prepare);
        foreach (var request in (EnableRequest[])[new() { Backfill = "title" }, new(null, "acme")])
        {
            await FailsAsync("RolloutChanged", world, request);
        }

        // Offline it is brought to its end as well.
        await PlanRunner.RunAsync(world.Database, (await EnablePlanner.PlanAsync(world.Database, await world.FindAsync("item"), new EnableRequest())).Plan);
        Assert.Equal(TenantRlsState.On, (await world.RlsAsync("item")).State);
        Assert.Equal(0, await world.ValueAsync<long>("select count(*) from pg_trigger where not tgisinternal"));
        Assert.Equal(0, await world.ValueAsync<long>("select count(*) from tenants.rollout"));
    }

    [Fact]
    public async Task A_column_of_another_name_is_remembered_and_keys_without_the_tenant_are_told()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        await RunAsync(world, DeriveRequest with { Column = "Org \"x\"" }, TenantRolloutPhase.Prepare);
        var plan = (await RolloutPlanner.PlanAsync(world.Database, await world.FindAsync("item"), new EnableRequest(), TenantRolloutPhase.Enforce)).Plan;
        Assert.Contains(plan.Warnings, w => w.Contains("item_pkey", StringComparison.Ordinal));
        await RunAsync(world, new EnableRequest(), TenantRolloutPhase.Enforce);
        Assert.Equal("Org \"x\"", (await world.RlsAsync("item")).Column);
    }

    [Fact]
    public async Task Declared_policies_come_in_the_transaction_that_opens_the_table()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        var policy = new PlanStep("policy few", "create policy few on public.item as restrictive for select using (id > 1)") { Lock = LockLevel.AccessExclusive, LockedTable = "\"public\".\"item\"" };
        var points = 0;
        var options = new RolloutOptions
        {
            OnPoint = async _ =>
            {
                points++;
                Assert.Equal(
                    await TestDatabase.ScalarAsync<bool>(world.Test.Superuser, "select relforcerowsecurity from pg_class where oid = 'item'::regclass"),
                    await TestDatabase.ScalarAsync<bool>(world.Test.Superuser, "select exists (select from pg_policy where polname = 'few')"));
            },
        };
        await RunAsync(world, DeriveRequest with { Policies = [policy] }, null, options);
        Assert.True(points > 8);
        Assert.Equal(TenantRlsState.On, (await world.RlsAsync("item")).State);
        Assert.True(await world.ValueAsync<bool>("select exists (select from pg_policy where polname = 'few')"));
    }

    [Fact]
    public async Task Enforcing_what_is_not_prepared_is_refused()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        await FailsAsync("RolloutNotPrepared", world, DeriveRequest, TenantRolloutPhase.Enforce);
    }

    [Fact]
    public async Task A_trigger_that_refuses_the_rows_is_named_and_the_next_run_goes_on()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        await world.RunAsync("""
            create function refuse() returns trigger language plpgsql as $$ begin if old.id = 1500 then raise exception 'not this one'; end if; return new; end $$;
            create trigger guard before update on item for each row execute function refuse();
            """);
        var failure = await FailsAsync("BackfillRefused", world, DeriveRequest);
        Assert.Contains("by its trigger guard", failure.Message, StringComparison.Ordinal);
        Assert.Contains("\"public\".\"item\"", failure.Message, StringComparison.Ordinal);
        var filled = await world.ValueAsync<long>("select count(tenant) from item");
        Assert.True(filled > 0);

        await world.RunAsync("alter table item disable trigger guard");
        var rows = 0L;
        await RunAsync(world, new EnableRequest(), null, new RolloutOptions { OnProgress = p => rows = Math.Max(rows, p.Rows ?? 0) });
        Assert.Equal(2000 - filled, rows);
    }

    [Fact]
    public async Task A_second_run_is_refused_and_names_the_first()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        await world.InitializeAsync(TenantIdType.Text);
        var table = await world.FindAsync("item");
        await using var session = await RolloutSession.OpenAsync(world.Database, table.Oid, table.DisplayName, default);
        var failure = await FailsAsync("RolloutRunning", world, DeriveRequest);
        Assert.Contains($"pid {session.Connection.ProcessID}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_that_somebody_holds_is_left_after_a_while_with_his_name_and_nobody_waits_for_long()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        await world.InitializeAsync(TenantIdType.Text);
        await using var holder = await world.Test.Superuser.OpenConnectionAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("set application_name = 'a long report'; select count(*) from item", holder))
        {
            await hold.ExecuteNonQueryAsync();
        }

        var longest = TimeSpan.Zero;
        using var stop = new CancellationTokenSource();
        var reader = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                var begin = System.Diagnostics.Stopwatch.GetTimestamp();
                await world.ValueAsync<long>("select count(*) from item");
                var took = System.Diagnostics.Stopwatch.GetElapsedTime(begin);
                longest = took > longest ? took : longest;
            }
        });
        var failure = await FailsAsync("TableBusy", world, DeriveRequest, null, new RolloutOptions { Patience = TimeSpan.FromSeconds(4) });
        stop.Cancel();
        await reader;
        Assert.Contains($"pid {holder.ProcessID}", failure.Message, StringComparison.Ordinal);
        Assert.True(longest > TimeSpan.FromSeconds(1), "nobody waited at all, so nothing was seen");
        Assert.True(longest < TimeSpan.FromSeconds(4), $"a reader waited for {longest}");

        await transaction.RollbackAsync();
        await RunAsync(world, DeriveRequest);
        Assert.Equal(TenantRlsState.On, (await world.RlsAsync("item")).State);
    }

    [Fact]
    public async Task An_index_waits_for_older_transactions_and_is_left_valid_or_not_at_all()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        await RunAsync(world, DeriveRequest, TenantRolloutPhase.Prepare, new RolloutOptions { OnPoint = p => p.StartsWith("before index", StringComparison.Ordinal) ? throw new OperationCanceledException() : Task.CompletedTask }, isCut: true);
        await using var holder = await world.Test.Superuser.OpenConnectionAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using (var hold = new NpgsqlCommand("update item set title = 'held' where id = 1", holder))
        {
            await hold.ExecuteNonQueryAsync();
        }

        var failure = await FailsAsync("TableBusy", world, new EnableRequest(), TenantRolloutPhase.Prepare, new RolloutOptions { Patience = TimeSpan.FromSeconds(3) });
        Assert.Contains($"pid {holder.ProcessID}", failure.Message, StringComparison.Ordinal);
        await transaction.RollbackAsync();

        // What is half built can't be dropped either while he is there; the next run does it.
        await RunAsync(world, new EnableRequest());
        Assert.Equal(0, await world.ValueAsync<long>("select count(*) from pg_index where not indisvalid"));
        Assert.Equal(2, await world.ValueAsync<long>("select count(*) from pg_index where indrelid = 'item'::regclass"));
        Assert.Equal(TenantRlsState.On, (await world.RlsAsync("item")).State);
    }

    [Fact]
    public async Task Policies_that_hide_rows_from_the_admin_are_an_error_and_never_rows_passed_over()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        await world.InitializeAsync(TenantIdType.Text);
        await world.RunAsync("alter table item enable row level security, force row level security; create policy few on item using (id < 10)");
        await FailsAsync("RowsHidden", world, DeriveRequest);
        await world.RunAsync("alter table item no force row level security; alter table account enable row level security, force row level security");
        await FailsAsync("RowsHidden", world, DeriveRequest);
        await world.RunAsync("alter table account no force row level security, disable row level security");

        // Put to work in the midst of it: the portion that would have been blind is undone.
        var options = new RolloutOptions { OnPoint = p => p.StartsWith("block", StringComparison.Ordinal) ? world.RunAsync("alter table item force row level security") : Task.CompletedTask };
        await FailsAsync("RowsHidden", world, DeriveRequest, null, options);
        await world.RunAsync("alter table item no force row level security");
        await RunAsync(world, DeriveRequest);
        Assert.Equal(0, await TestDatabase.ScalarAsync<long>(world.Test.Superuser, "select count(*) from item i join account a on a.id = i.account_id where i.tenant is distinct from a.tenant"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_way_back_goes_on_too_wherever_it_is_cut(bool removeColumn)
    {
        for (var cut = 1; ; cut++)
        {
            await using var world = await TableWorld.CreateAsync("create table item (id int) partition by list (id); create table item_1 partition of item for values in (1); create table item_rest partition of item default");
            await world.InitializeAsync(TenantIdType.Text);
            var before = await CatalogPicture.ReadAsync(world.Test, "item");
            await RunAsync(world, new EnableRequest { Column = "Org" });
            var table = await world.FindAsync("item");
            var points = 0;
            var options = new RolloutOptions { OnPoint = _ => ++points == cut ? throw new OperationCanceledException() : Task.CompletedTask };
            var first = await DisablePlanner.PlanAsync(world.Database, table, new DisableRequest(removeColumn, IsLive: true));
            var failure = await Record.ExceptionAsync(() => RolloutRunner.RunAsync(world.Database, table, first, options));
            await RolloutRunner.RunAsync(world.Database, table, await DisablePlanner.PlanAsync(world.Database, table, new DisableRequest(removeColumn, IsLive: true)));
            Assert.Equal(removeColumn, before.SequenceEqual(await CatalogPicture.ReadAsync(world.Test, "item")));
            Assert.Equal(0, await world.ValueAsync<long>("select count(*) from pg_attrdef where adrelid::regclass::text like 'item%'"));
            Assert.Equal(0, await world.ValueAsync<long>("select count(*) from pg_policy"));
            if (failure is null)
            {
                Assert.True(cut > 4, "it is cut nowhere");
                return;
            }
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_way_back_is_short_locks_as_well_and_clears_what_a_cut_rollout_left(bool isCut)
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        await world.InitializeAsync(TenantIdType.Text);
        var before = await CatalogPicture.ReadAsync(world.Test, "item");
        var options = new RolloutOptions { OnPoint = p => isCut && p.StartsWith("before nor any", StringComparison.Ordinal) ? throw new OperationCanceledException() : Task.CompletedTask };
        await RunAsync(world, DeriveRequest, null, options, isCut);
        var table = await world.FindAsync("item");
        var plan = await DisablePlanner.PlanAsync(world.Database, table, new DisableRequest(RemoveColumn: true, IsLive: true));
        Assert.True(plan.Units.Count > 1 || isCut);
        await RolloutRunner.RunAsync(world.Database, table, plan);
        Assert.Equal(before, (await CatalogPicture.ReadAsync(world.Test, "item")).Where(l => !l.StartsWith("tenant ", StringComparison.Ordinal)));
        Assert.Equal(0, await world.ValueAsync<long>("select count(*) from tenants.rollout"));
    }

    [Theory]
    [InlineData("create table item (id int, account_id int, title text); create table item_child (extra text) inherits (item); insert into item select i, i from generate_series(1, 9) i; insert into item_child select i, i from generate_series(1, 9) i")]
    [InlineData("create table item (id int, account_id int) partition by list (id); create table item_d partition of item default; create index on item_d (account_id); insert into item select i, i from generate_series(1, 9) i")]
    [InlineData("create table item (id int, account_id int, tenant text); insert into item select i, i, case when i > 3 then 't' || i end from generate_series(1, 9) i; create index on item (tenant, id)")]
    [InlineData("create table item (account_id int)")]
    public async Task The_end_is_that_of_the_offline_way(string table)
    {
        await using var offline = await TableWorld.CreateAsync(table);
        await using var online = await TableWorld.CreateAsync(table);
        var request = new EnableRequest { Backfill = "'t' || t.account_id" };
        await PlanRunner.RunAsync(offline.Database, (await EnablePlanner.PlanAsync(offline.Database, await offline.FindAsync("item"), request)).Plan);
        await RunAsync(online, request);
        Assert.Equal(await CatalogPicture.ReadAsync(offline.Test, "item"), await CatalogPicture.ReadAsync(online.Test, "item"));
        Assert.Equal(await CatalogPicture.RowsAsync(offline.Test, "item"), await CatalogPicture.RowsAsync(online.Test, "item"));
    }

    private static async Task RunAsync(TableWorld world, EnableRequest request, TenantRolloutPhase? phase = null, RolloutOptions? options = null, bool isCut = false)
    {
        var table = await world.FindAsync("item");
        var failure = await Record.ExceptionAsync(() => RolloutRunner.EnableAsync(world.Database, table, request, phase, options));
        Assert.True(isCut ? failure is OperationCanceledException : failure is null, failure?.ToString());
    }

    private static async Task<TenantException> FailsAsync(string errorId, TableWorld world, EnableRequest request, TenantRolloutPhase? phase = null, RolloutOptions? options = null)
    {
        var table = await world.FindAsync("item");
        var failure = await Record.ExceptionAsync(() => RolloutRunner.EnableAsync(world.Database, table, request, phase, options));
        Assert.True(failure is TenantException e && e.ErrorId == errorId, failure?.ToString() ?? "it went through");
        return (TenantException)failure!;
    }
}
