using Tenants.Engine.Scripts;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Scripts;

/// <summary>What a blind owner's migration would have reported as success.</summary>
public class BlindScriptTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_backfill_that_changes_nothing_is_named(bool bySuperuser)
    {
        await using var world = await ScriptWorld.CreateAsync();
        var report = await world.RunAsync(
            """
            -- V7
            update plain set a = a + 1;
            update invoice
            set paid = false where paid is null;
            """,
            bySuperuser);
        Assert.Empty(report.Warnings);
        Assert.Equal([TenantScriptResult.Same, TenantScriptResult.Different], report.Statements.Select(s => s.Result));
        Assert.Equal((2L, 2L), (report.Statements[0].AsLogin, report.Statements[0].AllRows));
        var backfill = report.Statements[1];
        Assert.Equal((2, 3, 0L, 3L), (backfill.Statement, backfill.Line, backfill.AsLogin, backfill.AllRows));
        Assert.Equal(["public.invoice"], backfill.Table);
        Assert.Equal("update invoice set paid = false where paid is null", backfill.Text);
        Assert.Contains($"no row as '{world.Test.AdminLogin}', 3 updated with all rows in sight", backfill.Explanation, StringComparison.Ordinal);
        Assert.Contains("before FORCE", backfill.Advice, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("do $$ begin update invoice set paid = true; end $$", 0, 3)]
    [InlineData("with u as (update invoice set paid = true returning 1) select 1", 0, 3)]
    [InlineData("with u as (delete from invoice returning id) insert into plain select id from u", 0, 3)]
    [InlineData("insert into plain select id from invoice", 0, 3)]
    [InlineData("insert into plain select 7 where not exists (select from invoice)", 1, 0)]
    [InlineData("delete from invoice", 0, 3)]
    [InlineData("create table copied as select * from invoice", 0, 3)]
    [InlineData("select count(*) from invoice", 0, 3)]
    [InlineData("select * from invoice", 0, 3)]
    public async Task Whatever_form_it_has(string script, long asLogin, long allRows)
    {
        await using var world = await ScriptWorld.CreateAsync();
        foreach (var bySuperuser in new[] { false, true })
        {
            var found = await world.SingleAsync(script, bySuperuser);
            Assert.Equal((TenantScriptResult.Different, asLogin, allRows), (found.Result, found.AsLogin, found.AllRows));
        }
    }

    [Fact]
    public async Task A_merge_too()
    {
        await using var world = await ScriptWorld.CreateAsync();
        Assert.SkipUnless(world.Admin.ServerVersion.Major >= 15, "MERGE came with PostgreSQL 15.");
        var found = await world.SingleAsync("merge into plain p using invoice i on p.a = i.id when matched then delete when not matched then insert values (i.id)");
        Assert.Equal((TenantScriptResult.Different, 0L, 3L), (found.Result, found.AsLogin, found.AllRows));
        Assert.Equal(["public.plain"], found.Table);
    }

    [Fact]
    public async Task A_sequence_that_would_begin_anew_is_named()
    {
        await using var world = await ScriptWorld.CreateAsync();
        var found = await world.SingleAsync("select setval(pg_get_serial_sequence('invoice', 'id'), max(id)) from invoice");
        Assert.Equal(TenantScriptResult.Different, found.Result);
        Assert.Contains("returns NULL", found.Explanation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alter table invoice add foreign key (account_id) references account")]
    [InlineData("alter table invoice add constraint f foreign key (account_id) references account not valid; alter table invoice validate constraint f")]
    public async Task A_foreign_key_over_orphans_is_named(string script)
    {
        await using var world = await ScriptWorld.CreateAsync();
        foreach (var bySuperuser in new[] { false, true })
        {
            var found = (await world.RunAsync(script, bySuperuser)).Statements[^1];
            Assert.Equal(TenantScriptResult.Different, found.Result);
            Assert.Contains("with all rows in sight it fails", found.Explanation, StringComparison.Ordinal);
            Assert.Contains("refer to nothing", found.Advice, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_backfill_behind_the_scripts_own_FORCE_is_named()
    {
        await using var world = await ScriptWorld.CreateAsync();
        foreach (var bySuperuser in new[] { false, true })
        {
            var report = await world.RunAsync(
                """
                alter table plain enable row level security; alter table plain force row level security;
                create policy p on plain using (false);
                update plain set a = 5
                """,
                bySuperuser);
            var found = Assert.Single(report.Statements, s => s.Result != TenantScriptResult.Same);
            Assert.Equal((4, 3, 0L, 2L), (found.Statement, found.Line, found.AsLogin, found.AllRows));
        }
    }

    [Fact]
    public async Task What_a_login_does_over_its_own_connection_is_told_by_its_own_rows()
    {
        await using var world = await ScriptWorld.CreateAsync();
        var (login, connectionString) = await world.Test.CreateLoginAsync("app");
        await world.Test.ExecuteAsync($"grant select, update on invoice to {login}");
        var password = new Npgsql.NpgsqlConnectionStringBuilder(connectionString).Password;
        foreach (var database in new[] { world.Admin, world.Superuser })
        {
            var report = await ScriptTester.RunAsync(
                database,
                new ScriptRequest("select set_config('app.tenant', 'acme', true); update invoice set paid = true") { Login = login, Password = password },
                cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal((TenantScriptResult.Different, 2L, 3L), (report.Statements[1].Result, report.Statements[1].AsLogin, report.Statements[1].AllRows));
        }
    }

    [Fact]
    public async Task A_script_that_works_is_the_same_in_both_runs()
    {
        await using var world = await ScriptWorld.CreateAsync();
        var report = await world.RunAsync(
            """
            set local search_path = public;
            alter table invoice no force row level security;
            update invoice set paid = true;
            insert into invoice (tenant) values ('acme') returning id;
            alter table invoice force row level security;
            create index on invoice (tenant);
            create function f(n int) returns int language sql begin atomic; select case when n > 0 then n end; select $1; end;
            create rule r as on delete to plain do also (select 1; select 2);
            prepare p (int) as select $1; execute p(1);
            select 'a' || /* ; */ 'b;' -- it's
            """);
        Assert.All(report.Statements, s => Assert.Equal(TenantScriptResult.Same, s.Result));
    }

    [Fact]
    public async Task The_admin_of_the_tenants_is_not_blind_and_another_owner_is()
    {
        await using var world = await Tables.TableWorld.CreateAsync("create table todo (id int); insert into todo values (1), (2)");
        await world.EnableAsync("todo", defaultTenant: "acme");
        var cancellation = TestContext.Current.CancellationToken;
        var report = await ScriptTester.RunAsync(world.Database, new ScriptRequest("update todo set id = 0"), cancellationToken: cancellation);
        var found = Assert.Single(report.Statements);
        Assert.Equal((TenantScriptResult.Same, 2L, 2L), (found.Result, found.AsLogin, found.AllRows));

        // The owner that migrations run as, often: no member of the tenants' admins.
        var (owner, _) = await world.Test.CreateLoginAsync("owner");
        await TestDatabase.ExecuteAsync(world.Test.Superuser, $"grant {owner} to {world.Test.AdminLogin}; alter table todo owner to {owner}");
        report = await ScriptTester.RunAsync(world.Database, new ScriptRequest("update todo set id = 0") { Login = owner }, cancellationToken: cancellation);
        found = Assert.Single(report.Statements);
        Assert.Equal((TenantScriptResult.Different, 0L, 2L), (found.Result, found.AsLogin, found.AllRows));
    }

    [Fact]
    public async Task Another_owners_rows_that_stay_hidden_are_an_error_and_not_silence()
    {
        await using var world = await ScriptWorld.CreateAsync();
        await TestDatabase.ExecuteAsync(
            world.Test.Superuser,
            "create table theirs (a int); insert into theirs values (1); alter table theirs enable row level security; grant all on theirs to public; create policy p on theirs using (false)");
        var found = await world.SingleAsync("update theirs set a = 2");
        Assert.Equal((TenantScriptResult.Different, 0L, null), (found.Result, found.AsLogin, found.AllRows));
        Assert.Contains("another owner", found.Advice, StringComparison.Ordinal);
        Assert.Equal((TenantScriptResult.Different, 0L, 1L), await CountsAsync(bySuperuser: true));

        async Task<(TenantScriptResult, long?, long?)> CountsAsync(bool bySuperuser)
        {
            var seen = await world.SingleAsync("update theirs set a = 2", bySuperuser);
            return (seen.Result, seen.AsLogin, seen.AllRows);
        }
    }
}
