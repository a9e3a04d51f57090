using Tenants.Engine.Scripts;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Scripts;

/// <summary>Nothing that a script does stays, whatever it holds. ScriptWorld.RunAsync compares the database before and after.</summary>
public class ScriptTransactionTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("begin; delete from plain; commit;")]
    [InlineData("delete from plain; end")]
    [InlineData("delete from plain; /* commit */ COMMIT AND CHAIN; delete from plain")]
    [InlineData("savepoint s; delete from plain; rollback to s; release tenants_statement")]
    [InlineData("delete from plain; prepare transaction 'x'")]
    [InlineData("delete from plain; start transaction; abort")]
    public async Task Transaction_control_is_left_out_and_said_so(string script)
    {
        await using var world = await ScriptWorld.CreateAsync();
        foreach (var bySuperuser in new[] { false, true })
        {
            var report = await world.RunAsync(script, bySuperuser);
            Assert.Contains(report.Statements, s => s.Result == TenantScriptResult.LeftOut);
            Assert.All(report.Statements.Where(s => s.Text.StartsWith("delete", StringComparison.Ordinal)), s => Assert.Contains(s.AsLogin, new long?[] { 2, 0 }));
            Assert.Contains("Transaction control was left out", Assert.Single(report.Warnings), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("delete from plain; do $$ begin delete from plain; commit; end $$; select 1")]
    [InlineData("delete from plain; create procedure p() language plpgsql as $$ begin commit; end $$; call p(); select 1")]
    [InlineData("delete from plain; do $$ begin execute 'commit'; end $$")]
    [InlineData("delete from plain; do $$ begin rollback; end $$")]
    public async Task A_block_that_commits_is_refused_by_the_server(string script)
    {
        await using var world = await ScriptWorld.CreateAsync();
        var report = await world.RunAsync(script);
        Assert.Contains(report.Statements, s => s.Result is TenantScriptResult.NotTested or TenantScriptResult.Failed);
    }

    [Theory]
    [InlineData("set standard_conforming_strings = off; select 'a\\'; commit; --'; delete from plain")]
    [InlineData("set standard_conforming_strings = off; delete from plain; select 'a\\'';\ncommit; select 'b'")]
    [InlineData("delete from plain; select 1 as \"a;commit\"; select $x$;commit;$x$; select 'it''s;'; commit")]
    public async Task Text_that_reads_in_two_ways_cannot_end_it(string script)
    {
        await using var world = await ScriptWorld.CreateAsync();
        await world.RunAsync(script);
        await world.RunAsync(script, bySuperuser: true);
    }

    [Theory]
    [InlineData("create index concurrently on plain (a)")]
    [InlineData("vacuum plain")]
    [InlineData("discard all")]
    [InlineData("copy plain from stdin")]
    [InlineData("copy plain to stdout")]
    public async Task What_cannot_run_in_a_transaction_is_named_and_skipped(string statement)
    {
        await using var world = await ScriptWorld.CreateAsync();
        var report = await world.RunAsync($"{statement}; update invoice set paid = true");
        Assert.Equal([TenantScriptResult.NotTested, TenantScriptResult.Different], report.Statements.Select(s => s.Result));
        Assert.Contains("line 1: " + statement, Assert.Single(report.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_script_ends_where_it_fails_as_the_login()
    {
        await using var world = await ScriptWorld.CreateAsync();
        var report = await world.RunAsync("update plain set a = 3;\nselect\n  nothing from plain;\ndelete from plain");
        Assert.Equal([TenantScriptResult.Same, TenantScriptResult.Failed, TenantScriptResult.NotReached], report.Statements.Select(s => s.Result));
        Assert.Equal(3, report.Statements[1].Line);
    }

    [Fact]
    public async Task What_the_login_may_not_do_is_not_done_with_the_superusers_rights()
    {
        await using var world = await ScriptWorld.CreateAsync();
        var report = await world.RunAsync("create role " + world.Test.Name + "_x superuser; reset role; reset session authorization; select current_user::text = session_user::text", bySuperuser: true);
        Assert.Equal(TenantScriptResult.Failed, report.Statements[0].Result);

        // Nor do its ways back lead to the superuser.
        var back = await world.RunAsync($"reset session authorization; set role none; alter role {world.Test.AdminLogin} superuser", bySuperuser: true);
        Assert.Equal([TenantScriptResult.Same, TenantScriptResult.Same, TenantScriptResult.Failed], back.Statements.Select(s => s.Result));
    }

    [Theory]
    [InlineData("select 1;\n\\i other.sql", "Line 2")]
    [InlineData("\\copy plain from 'x'", "Line 1")]
    public async Task A_command_of_psql_is_an_error_with_its_line(string script, string line)
    {
        await using var world = await ScriptWorld.CreateAsync();
        var failure = await Assert.ThrowsAsync<TenantException>(() => world.RunAsync(script));
        Assert.Equal("PsqlCommandRefused", failure.ErrorId);
        Assert.StartsWith(line, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_in_use_is_named()
    {
        await using var world = await ScriptWorld.CreateAsync();
        await using var busy = await world.Test.Admin.OpenConnectionAsync(Cancellation);
        await using var transaction = await busy.BeginTransactionAsync(Cancellation);
        await using (var command = new Npgsql.NpgsqlCommand("select from invoice", busy))
        {
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        var failure = await Assert.ThrowsAsync<TenantException>(() => world.RunAsync("update plain set a = 1"));
        Assert.Equal(("TableBusy", "public.invoice"), (failure.ErrorId, failure.Table));

        // A superuser locks nothing.
        Assert.Equal(TenantScriptResult.Same, (await world.SingleAsync("update plain set a = 1", bySuperuser: true)).Result);
    }

    [Fact]
    public async Task Cancelling_ends_it_on_the_server_and_leaves_nothing()
    {
        await using var world = await ScriptWorld.CreateAsync();
        var before = await world.PictureAsync();
        using var source = new CancellationTokenSource();
        void Tell(ScriptProgress step)
        {
            if (step.Statement == 2)
            {
                source.CancelAfter(TimeSpan.FromMilliseconds(50));
            }
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ScriptTester.RunAsync(
            world.Admin, new ScriptRequest("delete from plain; select pg_sleep(600)"), Tell, cancellationToken: source.Token));
        Assert.Equal(before, await world.PictureAsync());
        for (var attempt = 0; await TestDatabase.ScalarAsync<long>(world.Test.Superuser, "select count(*) from pg_stat_activity where query like '%pg_sleep(600)%' and state <> 'idle' and pid <> pg_backend_pid() and datname = current_database()") > 0; attempt++)
        {
            Assert.True(attempt < 100, "The server goes on sleeping.");
            await Task.Delay(100, Cancellation);
        }
    }

    [Fact]
    public async Task The_limit_holds_whatever_the_script_sets()
    {
        await using var world = await ScriptWorld.CreateAsync();
        var report = await ScriptTester.RunAsync(
            world.Admin, new ScriptRequest("set statement_timeout = 0; select pg_sleep(600)") { Timeout = TimeSpan.FromMilliseconds(300) }, cancellationToken: Cancellation);
        Assert.Equal(TenantScriptResult.Failed, report.Statements[1].Result);
        Assert.Contains("longer than its limit", report.Statements[1].Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lost_connection_is_an_error()
    {
        await using var world = await ScriptWorld.CreateAsync();
        var failure = await Assert.ThrowsAsync<TenantException>(() => world.RunAsync("select pg_terminate_backend(pg_backend_pid())"));
        Assert.Equal("ConnectionLost", failure.ErrorId);
    }

    [Fact]
    public async Task Who_may_not_act_as_a_login_hears_so()
    {
        await using var world = await ScriptWorld.CreateAsync();
        async Task<string> FailAsync(string login) =>
            (await Assert.ThrowsAsync<TenantException>(() => ScriptTester.RunAsync(world.Admin, new ScriptRequest("select 1") { Login = login }, cancellationToken: Cancellation))).ErrorId;

        Assert.Equal("RoleNotFound", await FailAsync("no\"body"));
        var (other, _) = await world.Test.CreateLoginAsync("other");
        Assert.Equal("RoleRefused", await FailAsync(other));
    }

    [Fact]
    public async Task A_login_that_no_policy_binds_is_told_that_nothing_was_to_be_found()
    {
        await using var world = await ScriptWorld.CreateAsync();
        var report = await ScriptTester.RunAsync(world.Superuser, new ScriptRequest("update invoice set paid = true"), cancellationToken: Cancellation);
        Assert.Equal(TenantScriptResult.Same, Assert.Single(report.Statements).Result);
        Assert.Contains("-Login", Assert.Single(report.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_stands_in_quotes_is_not_shown()
    {
        await using var world = await ScriptWorld.CreateAsync();
        var found = await world.SingleAsync("comment on table plain is 'hunter2'");
        Assert.Equal("comment on table plain is '…'", found.Text);
    }
}
