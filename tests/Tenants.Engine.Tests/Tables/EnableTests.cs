using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Plans;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Tables;

public class EnableTests
{
    [Theory]
    [InlineData("create table todo_item (id int, tenant text)", "create index todo_item_tenant_idx on todo_item (tenant); update pg_index set indisvalid = false where indexrelid = 'todo_item_tenant_idx'::regclass")]
    [InlineData("create table todo_item (id int, tenant text) partition by list (id); create table one partition of todo_item for values in (1)", "create index todo_item_tenant_idx on only todo_item (tenant)")]
    public async Task An_index_whose_building_was_cut_off_goes_and_is_built_anew(string table, string cut)
    {
        await using var world = await TableWorld.CreateAsync(table);
        await TestDatabase.ExecuteAsync(world.Test.Superuser, cut);

        await world.EnableAsync("todo_item", "tenant");

        Assert.Equal("todo_item_tenant_idx true", await world.ValueAsync<string>(
            "select string_agg(indexrelid::regclass::text || ' ' || indisvalid::text, ', ') from pg_index where indrelid = 'todo_item'::regclass"));
    }

    [Fact]
    public async Task The_first_table_brings_the_database_with_it_and_nothing_is_missing_then()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (id int generated always as identity primary key, title text)");

        var rls = await world.EnableAsync("todo_item");
        await world.RegisterAsync("acme", "globex");
        await world.AsTenantAsync("acme", "insert into todo_item (title) values ('a1')");
        await world.AsTenantAsync("globex", "insert into todo_item (title) values ('g1')");

        Assert.Equal(("tenant", "text", true, true, "todo_item_tenant_idx"), (rls.Column, rls.Type, rls.Enabled, rls.Forced, rls.Index));
        Assert.Equal(["tenants_admin", "tenants_isolation"], rls.Policies);
        Assert.Equal(["a1"], await world.AsTenantAsync("acme", "select title from todo_item"));
        Assert.Equal(["g1"], await world.AsTenantAsync("globex", "select title from todo_item"));
    }

    [Fact]
    public async Task A_tenant_neither_writes_nor_moves_nor_removes_rows_of_another()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text)");
        await world.EnableAsync("todo_item");
        await world.RegisterAsync("acme", "globex");
        await world.RunAsync("insert into todo_item values ('g1', 'globex')");

        var insert = await Assert.ThrowsAsync<PostgresException>(() => world.AsTenantAsync("acme", "insert into todo_item values ('x', 'globex')"));
        await world.AsTenantAsync("acme", "insert into todo_item values ('a1')");
        var move = await Assert.ThrowsAsync<PostgresException>(() => world.AsTenantAsync("acme", "update todo_item set tenant = 'globex'"));
        await world.AsTenantAsync("acme", "delete from todo_item");
        var truncate = await Assert.ThrowsAsync<PostgresException>(() => world.AsTenantAsync("acme", "truncate todo_item"));

        Assert.Equal(["42501", "42501", "42501"], [insert.SqlState, move.SqlState, truncate.SqlState]);
        Assert.Equal("g1", await world.ValueAsync<string>("select string_agg(title, ',') from todo_item"));
    }

    [Fact]
    public async Task The_owner_sees_and_changes_every_row_in_his_own_tools()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text); insert into todo_item values ('old')");
        await world.EnableAsync("todo_item", defaultTenant: "acme");
        await world.RegisterAsync("globex");
        await world.AsTenantAsync("globex", "insert into todo_item (title) values ('g1')");

        Assert.Equal(2, await world.ValueAsync<long>("select count(*) from todo_item"));
        Assert.Equal(2, await world.RunAsync("update todo_item set title = title || '!'"));
        Assert.Equal(1, await world.RunAsync("insert into todo_item values ('by hand', 'acme')"));
        Assert.Equal(3, await world.RunAsync("delete from todo_item"));
    }

    [Fact]
    public async Task The_owner_goes_on_seeing_rows_where_another_login_enables_his_table()
    {
        await using var world = await TableWorld.CreateAsync();
        var (owner, ownersConnection) = await world.Test.CreateLoginAsync("owner");
        await TestDatabase.ExecuteAsync(world.Test.Superuser, $"grant {owner} to {world.Test.AdminLogin}; create table todo_item (title text); alter table todo_item owner to {owner}; insert into todo_item values ('a1'); grant create on schema public to {owner}");

        var planned = await world.PlanAsync("todo_item", defaultTenant: "acme");
        await world.EnableAsync("todo_item", defaultTenant: "acme");

        Assert.Contains(planned.Plan.Steps, s => s.Up.StartsWith("grant \"tenants_admin_", StringComparison.Ordinal) && s.Up.Contains($"to \"{owner}\"", StringComparison.Ordinal));
        Assert.Equal(1, await TestDatabase.ScalarAsync<long>(world.Test.CreateSource(ownersConnection), "select count(*) from todo_item"));
        Assert.Equal(1, await world.ValueAsync<long>("select count(*) from todo_item"));
    }

    [Fact]
    public async Task A_table_of_somebody_else_is_refused_with_what_a_DBA_must_run()
    {
        await using var world = await TableWorld.CreateAsync();
        await TestDatabase.ExecuteAsync(world.Test.Superuser, "create table todo_item (title text)");

        var failure = await world.FailsAsync("PermissionDenied", "todo_item");

        Assert.Contains($"grant \"postgres\" to \"{world.Test.AdminLogin}\";", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rows_without_a_tenant_column_need_a_default_tenant_and_nothing_is_changed_without()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text); insert into todo_item values ('old')");

        await world.FailsAsync("DefaultTenantRequired", "todo_item");

        Assert.Null(await world.Database.FindInstallationAsync(TestContext.Current.CancellationToken));
        Assert.Equal(1, await world.ValueAsync<long>("select count(*) from pg_attribute where attrelid = 'todo_item'::regclass and attnum > 0"));
    }

    [Fact]
    public async Task Old_rows_become_the_default_tenants_and_new_ones_their_sessions()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text); insert into todo_item values ('old')");
        await world.EnableAsync("todo_item", defaultTenant: "acme");
        await world.RegisterAsync("globex");
        await world.AsTenantAsync("globex", "insert into todo_item (title) values ('new')");

        Assert.Equal(["old"], await world.AsTenantAsync("acme", "select title from todo_item"));
        Assert.Equal("acme:old,globex:new", await world.ValueAsync<string>("select string_agg(tenant || ':' || title, ',' order by tenant) from todo_item"));
        await Assert.ThrowsAsync<PostgresException>(() => world.RunAsync("insert into todo_item (title) values ('whose?')"));
    }

    [Fact]
    public async Task Rows_that_lack_a_value_are_counted_or_filled_in()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text, tenant text); insert into todo_item values ('a', null), ('b', null), ('c', 'globex')");

        var failure = await world.FailsAsync("TenantColumnHasNulls", "todo_item");
        await world.EnableAsync("todo_item", defaultTenant: "acme");

        Assert.StartsWith("2 rows ", failure.Message, StringComparison.Ordinal);
        Assert.Equal("acme,acme,globex", await world.ValueAsync<string>("select string_agg(tenant, ',' order by tenant) from todo_item"));
    }

    [Fact]
    public async Task Rows_that_somebody_elses_row_security_hides_from_their_owner_are_filled_in_too()
    {
        await using var world = await TableWorld.CreateAsync("""
            create table todo_item (title text, tenant text);
            insert into todo_item values ('a', null), ('b', 'globex');
            alter table todo_item enable row level security, force row level security
            """);

        await world.FailsAsync("TenantColumnHasNulls", "todo_item");
        await world.EnableAsync("todo_item", defaultTenant: "acme");

        Assert.Equal("acme,globex", await world.ValueAsync<string>("select string_agg(tenant, ',' order by tenant) from todo_item"));
    }

    [Fact]
    public async Task Tenants_that_nobody_registered_are_told()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (tenant text); insert into todo_item values ('a''b'), ('acme'), ('')");

        var warnings = (await world.PlanAsync("todo_item")).Plan.Warnings;

        Assert.Contains(warnings, w => w.Contains("New-Tenant 'a''b', acme -Adopt", StringComparison.Ordinal));
        Assert.Contains(warnings, w => w.Contains("cannot be a tenant's identifier", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_closed_tenant_gets_no_rows()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text); insert into todo_item values ('old')");
        await world.InitializeAsync(TenantIdType.Text);
        await world.RunAsync("insert into tenants.tenant (id, state) values ('gone', 'closed')");

        await world.FailsAsync("TenantClosed", "todo_item", defaultTenant: "gone");
    }

    [Fact]
    public async Task Odd_names_of_tables_and_columns_work()
    {
        var name = new string('x', 60) + "日";
        await using var world = await TableWorld.CreateAsync($"""
            create schema "sch ema";
            create table "sch ema"."Order ""It ems" ("Tenant Id" text, dropped int);
            alter table "sch ema"."Order ""It ems" drop column dropped;
            create table "{name}" (id serial);
            create table "{name[..60]}yyy" (id int);
            create table "user" ("order" text)
            """);

        var odd = await world.EnableAsync("\"sch ema\".\"Order \"\"It ems\"", "Tenant Id");
        var longest = await world.EnableAsync(name);
        await world.EnableAsync($"{name[..60]}yyy");
        await world.EnableAsync("user", "order");
        await world.RegisterAsync("acme");

        Assert.Equal(("\"sch ema\".\"Order \"\"It ems\"", "Tenant Id"), (odd.Table, odd.Column));
        Assert.True(System.Text.Encoding.UTF8.GetByteCount(longest.Index!) <= 63);
        await world.AsTenantAsync("acme", $"insert into \"{name}\" default values");
        await world.AsTenantAsync("acme", "insert into \"sch ema\".\"Order \"\"It ems\" default values");
        await world.AsTenantAsync("acme", "insert into \"user\" default values");
        Assert.Equal(["acme"], await world.AsTenantAsync("acme", "select \"order\" from \"user\""));
    }

    [Fact]
    public async Task An_index_counts_that_leads_with_the_tenant_and_holds_every_row()
    {
        await using var world = await TableWorld.CreateAsync("""
            create table keyed (tenant text, id int, primary key (tenant, id));
            create table partial (tenant text, id int);
            create index partial_tenant_idx on partial (tenant) where id > 0;
            create table behind (tenant text, id int, unique (id, tenant));
            create table hashed (tenant text);
            create index on hashed using hash (tenant)
            """);

        Assert.Equal("keyed_pkey", (await world.EnableAsync("keyed")).Index);
        Assert.Equal("partial_tenant_idx1", (await world.EnableAsync("partial")).Index);
        Assert.Equal("behind_tenant_idx", (await world.EnableAsync("behind")).Index);
        Assert.Equal("hashed_tenant_idx1", (await world.EnableAsync("hashed")).Index);
    }

    [Fact]
    public async Task A_tenant_draws_from_the_sequences_that_its_inserts_need_and_from_no_others()
    {
        await using var world = await TableWorld.CreateAsync("""
            create sequence shared_number; create sequence other;
            create table todo_item (id serial, number int default nextval('shared_number'), own int generated by default as identity)
            """);
        await world.EnableAsync("todo_item");
        await world.RegisterAsync("acme");

        Assert.Equal(["1"], await world.AsTenantAsync("acme", "insert into todo_item default values returning own"));
        await Assert.ThrowsAsync<PostgresException>(() => world.AsTenantAsync("acme", "select nextval('other')"));
    }

    [Fact]
    public async Task What_was_changed_behind_our_back_is_missing_and_is_mended()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text)");
        await world.EnableAsync("todo_item");
        await world.RunAsync($"""
            alter policy tenants_isolation on todo_item using (true);
            alter policy tenants_admin on todo_item using (true);
            alter table todo_item no force row level security, alter column tenant drop not null, alter column tenant set default 'acme';
            drop index todo_item_tenant_idx
            """);

        var drifted = await world.RlsAsync("todo_item");
        var listed = Assert.Single(await RlsReader.ListAsync(world.Database, TestContext.Current.CancellationToken));
        var mended = await world.EnableAsync("todo_item");

        Assert.Equal(TenantRlsState.Incomplete, drifted.State);
        Assert.Equal(
            [
                "default of tenant: the session's tenant",
                "NOT NULL of tenant",
                "index todo_item_tenant_idx, led by tenant",
                "the policy tenants_isolation says something else",
                "policy tenants_isolation",
                "the policy tenants_admin says something else",
                "policy tenants_admin",
                "row security for the owner too (FORCE)",
            ],
            drifted.Missing);
        Assert.Equal(drifted.Missing, listed.Missing);
        Assert.Empty(mended.Missing);
    }

    [Fact]
    public async Task A_table_whose_policies_were_dropped_is_not_missed()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text)");
        await world.EnableAsync("todo_item");
        await world.RunAsync("drop policy tenants_isolation on todo_item; drop policy tenants_admin on todo_item; alter table todo_item disable row level security");

        var listed = Assert.Single(await RlsReader.ListAsync(world.Database, TestContext.Current.CancellationToken));

        Assert.Equal(TenantRlsState.Incomplete, listed.State);
        Assert.Contains("row security", listed.Missing);
    }

    [Fact]
    public async Task A_second_column_for_the_tenant_is_refused()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (tenant text, customer text)");
        await world.EnableAsync("todo_item", "customer");

        Assert.Empty((await world.PlanAsync("todo_item")).Plan.Steps);
        await world.FailsAsync("TenantColumnMismatch", "todo_item", "tenant");
    }

    [Theory]
    [InlineData("create view thing as select 1 as id", "view")]
    [InlineData("create materialized view thing as select 1 as id", "materialized view")]
    [InlineData("create sequence thing", "sequence")]
    [InlineData("create table other (id int); create index thing on other (id)", "index")]
    [InlineData("create type thing as (id int)", "no table")]
    [InlineData("create extension if not exists file_fdw; create server s foreign data wrapper file_fdw; create foreign table thing (id int) server s options (filename '/dev/null')", "foreign table")]
    public async Task What_is_no_table_is_refused_by_name_with_the_reason(string sql, string reason)
    {
        await using var world = await TableWorld.CreateAsync();
        await TestDatabase.ExecuteAsync(world.Test.Superuser, sql);

        var failure = await world.FailsAsync("TableNotSupported", "thing");

        Assert.Contains("public.thing", failure.Message, StringComparison.Ordinal);
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pg_class", "system table")]
    [InlineData("information_schema.sql_features", "system table")]
    [InlineData("tenants.tenant", "module's own")]
    public async Task The_servers_and_the_modules_tables_are_refused(string table, string reason)
    {
        await using var world = await TableWorld.CreateAsync();
        await world.InitializeAsync(TenantIdType.Text);

        Assert.Contains(reason, (await world.FailsAsync("TableNotSupported", table)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_temporary_table_is_refused()
    {
        await using var world = await TableWorld.CreateAsync();
        await using var connection = await world.Test.Admin.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand("create temporary table scratch (id int)", connection);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        Assert.Contains("temporary", (await world.FailsAsync("TableNotSupported", "scratch")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_was_killed_in_the_middle_leaves_nothing_and_the_next_one_finishes()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text); insert into todo_item values ('old')");
        var planned = await world.PlanAsync("todo_item", defaultTenant: "acme");

        // The last step before it enforces is held up by nobody but the killer.
        var failure = await Assert.ThrowsAsync<TenantException>(() => PlanRunner.RunAsync(
            world.Database,
            planned.Plan,
            step =>
            {
                if (step.Up.Contains("force row level security", StringComparison.Ordinal))
                {
                    TestDatabase.ExecuteAsync(world.Test.Superuser, "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'").GetAwaiter().GetResult();
                }
            },
            cancellationToken: TestContext.Current.CancellationToken));

        Assert.NotNull(failure.Message);
        Assert.Null(await world.Database.FindInstallationAsync(TestContext.Current.CancellationToken));
        await world.EnableAsync("todo_item", defaultTenant: "acme");
        Assert.Equal(["old"], await world.AsTenantAsync("acme", "select title from todo_item"));
    }

    [Theory]
    [InlineData("create view titles as select title from todo_item; grant select on titles to public", "select title from titles")]
    [InlineData("create function titles() returns setof text language sql stable security definer as 'select title from public.todo_item'", "select titles()")]
    public async Task The_owners_views_and_functions_show_a_tenant_its_own_rows_and_the_owner_all(string sql, string query)
    {
        await using var world = await TableWorld.CreateAsync($"create table todo_item (title text, tenant text); insert into todo_item values ('a1', 'acme'), ('g1', 'globex'); {sql}");
        await world.EnableAsync("todo_item");
        await world.RegisterAsync("acme");

        // What tenants' SQL may reach by a right of PUBLIC's, it reaches with its own rows only.
        Assert.Equal(["a1"], await world.AsTenantAsync("acme", query));
        Assert.Equal(2, (await TestDatabase.ColumnAsync<string>(world.Test.Admin, query)).Count);
    }

    [Fact]
    public async Task A_backup_by_the_owner_holds_every_row()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text, tenant text); insert into todo_item values ('a1', 'acme'), ('g1', 'globex')");
        await world.EnableAsync("todo_item");

        var (code, output) = await PgDump.RunAsync(world.Test.AdminConnectionString, world.Database.ServerVersion.Major, "--enable-row-security", "--data-only", "--table=todo_item");

        Assert.Equal(0, code);
        Assert.Contains("a1\tacme", output, StringComparison.Ordinal);
        Assert.Contains("g1\tglobex", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Rights_that_the_login_cannot_hand_on_are_asked_of_a_DBA_and_then_it_goes_on()
    {
        await using var world = await TableWorld.CreateAsync();
        var admin = world.Test.AdminLogin;
        await TestDatabase.ExecuteAsync(world.Test.Superuser, $"""
            create schema app; create sequence app.number;
            grant usage on schema app to {admin}; grant usage on sequence app.number to {admin};
            create table app.todo_item (id int default nextval('app.number'));
            alter table app.todo_item owner to {admin}
            """);

        var failure = await world.FailsAsync("PermissionDenied", "app.todo_item");
        var script = failure.Message[failure.Message.IndexOf('\n', StringComparison.Ordinal)..];
        await TestDatabase.ExecuteAsync(world.Test.Superuser, script);
        await world.EnableAsync("app.todo_item");
        await world.RegisterAsync("acme");

        Assert.Contains($"grant create on schema \"app\" to \"{admin}\";", script, StringComparison.Ordinal);
        await world.AsTenantAsync("acme", "insert into app.todo_item default values");
    }

    [Fact]
    public async Task An_owner_who_is_no_admin_is_told_what_to_have_run()
    {
        await using var world = await TableWorld.CreateAsync("create table first (id int)");
        await world.EnableAsync("first");
        var (owner, connection) = await world.Test.CreateLoginAsync("owner");
        await TestDatabase.ExecuteAsync(world.Test.Superuser, $"create table second (id int); alter table second owner to {owner}");
        await using var database = await TenantDatabase.OpenAsync(new ConnectionSettings(connection), TestContext.Current.CancellationToken);
        var second = Assert.Single(await TableFinder.FindAsync(database, "second", cancellationToken: TestContext.Current.CancellationToken));

        var failure = await Assert.ThrowsAsync<TenantException>(() => EnablePlanner.PlanAsync(database, second, new EnableRequest(), cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal("PermissionDenied", failure.ErrorId);
        Assert.Contains("grant \"tenants_admin_", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_of_somebody_else_that_opens_rows_is_told()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text)");
        await world.EnableAsync("todo_item");
        await world.RunAsync("create policy tight on todo_item using (title = 'a' and tenant = (select tenants.current_tenant())); create policy loose on todo_item for select using (title = 'a')");

        var rls = await world.RlsAsync("todo_item");

        Assert.Equal((TenantRlsState.Opened, "loose"), (rls.State, Assert.Single(rls.OpenedBy)));
    }

    [Fact]
    public async Task Policies_of_others_stay()
    {
        await using var world = await TableWorld.CreateAsync("create table todo_item (title text); create policy mine on todo_item as restrictive for delete using (title <> 'keep')");

        var rls = await world.EnableAsync("todo_item");

        Assert.Equal(["mine", "tenants_admin", "tenants_isolation"], rls.Policies);
    }
}
