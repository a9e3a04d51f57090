using System.Text.RegularExpressions;
using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Tables;

public class TenantRlsTests
{
    [Fact]
    public async Task Enabling_writes_what_was_done_and_the_second_time_that_there_was_nothing_to_do()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create table todo_item (title text)");
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);

        var first = (TenantRls)shell.Run("Enable-TenantRls todo_item").EnsureSuccess().Single!;
        var again = shell.Run("Enable-TenantRls -Table todo_item").EnsureSuccess();

        Assert.Equal(("public.todo_item", TenantRlsState.On), (first.Table, first.State));
        Assert.Contains("policy tenants_isolation", first.Done);
        Assert.Empty(((TenantRls)again.Single!).Done);
        Assert.Contains(again.Information, i => i.Contains("nothing to do", StringComparison.Ordinal));
        Assert.Empty(again.Warnings);
    }

    [Fact]
    public async Task WhatIf_shows_the_statements_that_a_run_executes_and_changes_nothing()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create table todo_item (title text); insert into todo_item values ('old'); create table other (tenant text)");
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);

        var shown = shell.Run("Enable-TenantRls todo_item, other -DefaultTenant acme -WhatIf").EnsureSuccess();
        var tables = await database.ScalarAsync<long>("select count(*) from pg_policy");
        var schemas = await database.ScalarAsync<long>("select count(*) from pg_namespace where nspname = 'tenants'");
        var run = shell.Run("Enable-TenantRls todo_item, other -DefaultTenant acme -Verbose").EnsureSuccess();

        Assert.Empty(shown.Output);
        Assert.Equal((0, 0), (tables, schemas));
        var executed = run.Verbose.Where(v => v.Contains("; -- ", StringComparison.Ordinal)).Select(v => v[..v.LastIndexOf("; -- ", StringComparison.Ordinal)]).ToList();
        var script = shown.Host;
        Assert.True(executed.Count > 15);
        foreach (var statement in executed)
        {
            var at = script.IndexOf(statement, StringComparison.Ordinal);
            Assert.True(at >= 0, $"not shown, or not in this order: {statement}");
            script = script[(at + statement.Length)..];
        }

        // And no more than these, but for what frames a transaction.
        Assert.Equal(2, Regex.Count(shown.Host, "^begin;", RegexOptions.Multiline));
        Assert.Equal(1, Regex.Count(shown.Host, "create schema"));
        Assert.Contains(run.Verbose, v => v.EndsWith("-- ACCESS EXCLUSIVE on \"public\".\"todo_item\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tables_come_by_wildcard_and_by_pipeline_and_one_that_fails_does_not_stop_the_others()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("""
            create schema app;
            create table app.one (id int);
            create table app."Two Words" (id int);
            create table app.full (id int);
            insert into app.full values (1);
            create view app.shown as select 1 as id
            """);
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);

        var result = shell.Run("'app.*', 'app.shown', 'nowhere' | Enable-TenantRls");

        Assert.Equal(["app.\"Two Words\"", "app.one"], result.Output.Select(o => ((TenantRls)o.BaseObject).Table).Order(StringComparer.Ordinal));
        Assert.Equal(["DefaultTenantRequired", "TableNotSupported", "TableNotFound"], result.Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Equal("app.full", result.Errors[0].TargetObject);
        Assert.False(result.IsTerminated);
    }

    [Fact]
    public async Task What_Get_writes_goes_into_Enable_and_Disable()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create schema \"o.dd\"; create table \"o.dd\".\"T*\" (id int); create table plain (customer text)");
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        shell.Run("Enable-TenantRls '\"o.dd\".\"T*\"'; Enable-TenantRls plain -Column customer").EnsureSuccess();
        await database.ExecuteAsync("alter table \"o.dd\".\"T*\" no force row level security; alter table plain no force row level security");

        var broken = shell.Run("Get-TenantRls").EnsureSuccess();
        var mended = shell.Run("Get-TenantRls | Enable-TenantRls").EnsureSuccess();
        var byProperties = shell.Run("[pscustomobject]@{ Schema = 'o.dd'; Table = 'T*' } | Get-TenantRls").EnsureSuccess();
        shell.Run("Get-TenantRls | Disable-TenantRls -Confirm:$false").EnsureSuccess();
        var none = shell.Run("Get-TenantRls").EnsureSuccess();
        var all = shell.Run("Get-TenantRls -All").EnsureSuccess();

        Assert.All(broken.Output, o => Assert.Equal(["row security for the owner too (FORCE)"], ((TenantRls)o.BaseObject).Missing));
        Assert.Equal(2, mended.Output.Count);
        Assert.All(mended.Output, o => Assert.Equal(TenantRlsState.On, ((TenantRls)o.BaseObject).State));
        Assert.Equal("\"o.dd\".\"T*\"", ((TenantRls)byProperties.Single!).Table);
        Assert.Empty(none.Output);
        Assert.Equal(2, all.Output.Count);
    }

    [Fact]
    public async Task Disabling_asks_and_a_no_leaves_the_table_as_it_is()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create table todo_item (title text)");
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        shell.Run("Enable-TenantRls todo_item").EnsureSuccess();

        shell.Answer = false;
        var refused = shell.Run("Disable-TenantRls todo_item").EnsureSuccess();
        var standing = await database.ScalarAsync<long>("select count(*) from pg_policy");
        shell.Answer = true;
        var done = shell.Run("Disable-TenantRls todo_item").EnsureSuccess();
        var nothing = shell.Run("Disable-TenantRls todo_item").EnsureSuccess();

        Assert.NotEmpty(refused.Questions);
        Assert.Empty(refused.Output);
        Assert.Equal(2, standing);
        Assert.Equal(TenantRlsState.Off, ((TenantRls)done.Single!).State);
        Assert.Contains(nothing.Information, i => i.Contains("nothing to do", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_application_that_would_go_blind_is_asked_about_and_everyone_is_listed()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create table todo_item (title text)");
        var (login, _) = await database.CreateLoginAsync("app");
        await database.ExecuteAsync($"grant select, insert on todo_item to {login}");
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);

        var unanswered = shell.Run("Enable-TenantRls todo_item");
        var forced = shell.Run("Enable-TenantRls todo_item -Force").EnsureSuccess();

        Assert.Equal("ConfirmationNeeded", unanswered.ErrorId);
        Assert.Contains(unanswered.Questions, q => q.Contains(login, StringComparison.Ordinal));
        Assert.Contains(forced.Information, i => i.Contains(login, StringComparison.Ordinal));
        Assert.Contains(forced.Warnings, w => w.Contains(login, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_shared_table_is_passed_over_by_wildcards_and_refused_by_name()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create table country (code text); create table todo_item (title text)");
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        shell.Run("Initialize-TenantDatabase -Confirm:$false; Grant-TenantTable country").EnsureSuccess();

        var wild = shell.Run("Enable-TenantRls *").EnsureSuccess();
        var named = shell.Run("Enable-TenantRls country");

        Assert.Equal("public.todo_item", ((TenantRls)wild.Single!).Table);
        Assert.Equal("TableIsShared", named.ErrorId);
        Assert.Equal(TenantRlsState.Shared, ((TenantRls)shell.Run("Get-TenantRls country").EnsureSuccess().Single!).State);
    }

    [Fact]
    public async Task Two_who_enable_the_same_table_at_the_same_time_both_succeed()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create table todo_item (title text)");
        var runs = Enumerable.Range(0, 3).Select(_ => Task.Run(() =>
        {
            using var shell = ModuleRunner.Connect(database.AdminConnectionString);
            return shell.Run("Enable-TenantRls todo_item").EnsureSuccess();
        }));

        var results = await Task.WhenAll(runs);

        Assert.All(results, r => Assert.Equal(TenantRlsState.On, ((TenantRls)r.Single!).State));
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from pg_policy"));
    }
}
