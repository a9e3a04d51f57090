using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Policies;

public class TenantPolicyTests
{
    [Fact]
    public async Task A_policy_is_made_listed_and_dropped()
    {
        await using var database = await CreateAsync();
        using var runner = ModuleRunner.Connect(database.AdminConnectionString);
        Enable(runner);

        var made = runner.Run("New-TenantPolicy todo_item short -Using 'length(title) < 3' -Command Select -WarningAction SilentlyContinue").EnsureSuccess();
        dynamic policy = Assert.Single(made.Output);
        Assert.Equal("public.todo_item", (string)policy.Table);
        Assert.Equal("Restrictive", $"{policy.Kind}");
        Assert.Equal("(length(title) < 3)", (string)policy.Using);

        Assert.Equal(3, runner.Run("Get-TenantPolicy -Table todo*").EnsureSuccess().Output.Count);
        Assert.Equal("short", runner.Run("(Get-TenantPolicy -Name sh*).Name").EnsureSuccess().Single);
        Assert.Equal(true, runner.Run("(Get-TenantPolicy todo_item tenants_isolation).IsOwn").EnsureSuccess().Single);

        runner.Run("Get-TenantPolicy -Name short | Remove-TenantPolicy -Confirm:$false").EnsureSuccess();
        Assert.Empty(runner.Run("Get-TenantPolicy -Name short").EnsureSuccess().Output);
    }

    [Fact]
    public async Task Made_twice_the_second_time_changes_nothing_and_says_so()
    {
        await using var database = await CreateAsync();
        using var runner = ModuleRunner.Connect(database.AdminConnectionString);
        Enable(runner);
        runner.Run("$null = New-TenantPolicy todo_item short -Using 'length(title) < 3'").EnsureSuccess();

        var again = runner.Run("$null = New-TenantPolicy todo_item short -Using 'length(title)<3'").EnsureSuccess();
        Assert.Contains("has the policy 'short' already", Assert.Single(again.Information), StringComparison.Ordinal);
        Assert.Equal("PolicyAlreadyExists", runner.Run("New-TenantPolicy todo_item short -Using 'true'").ErrorId);
    }

    [Fact]
    public async Task WhatIf_prints_the_statement_and_changes_nothing()
    {
        await using var database = await CreateAsync();
        using var runner = ModuleRunner.Connect(database.AdminConnectionString);
        Enable(runner);

        var shown = runner.Run("New-TenantPolicy todo_item short -Using 'length(title) < 3' -WhatIf").EnsureSuccess();

        Assert.Contains("create policy \"short\" on \"public\".\"todo_item\" as restrictive for all to public", shown.Host, StringComparison.Ordinal);
        Assert.Empty(shown.Output);
        Assert.Empty(runner.Run("Get-TenantPolicy -Name short").EnsureSuccess().Output);
    }

    [Fact]
    public async Task One_that_opens_rows_to_other_tenants_needs_force_and_warns()
    {
        await using var database = await CreateAsync();
        using var runner = ModuleRunner.Connect(database.AdminConnectionString);
        Enable(runner);
        const string Open = "New-TenantPolicy todo_item everybody -Kind Permissive -Command Select -Using true";

        Assert.Equal("PolicyOpensTenants", runner.Run(Open).ErrorId);
        Assert.Empty(runner.Run("Get-TenantPolicy -Name everybody").EnsureSuccess().Output);

        var forced = runner.Run($"{Open} -Force").EnsureSuccess();
        Assert.Contains(forced.Warnings, w => w.Contains("opens to every tenant", StringComparison.Ordinal));
        Assert.Single(forced.Output);
    }

    [Fact]
    public async Task Dropping_asks_and_the_modules_own_stay()
    {
        await using var database = await CreateAsync();
        using var runner = ModuleRunner.Connect(database.AdminConnectionString);
        Enable(runner);
        runner.Run("$null = New-TenantPolicy todo_item short -Using 'length(title) < 3'").EnsureSuccess();

        runner.Answer = false;
        Assert.NotEmpty(runner.Run("Remove-TenantPolicy todo_item short").EnsureSuccess().Questions);
        Assert.Single(runner.Run("Get-TenantPolicy -Name short").Output);
        Assert.Equal("PolicyIsOwn", runner.Run("Remove-TenantPolicy todo_item tenants_admin -Confirm:$false").ErrorId);

        runner.Answer = true;
        runner.Run("Remove-TenantPolicy todo_item short").EnsureSuccess();
        Assert.Empty(runner.Run("Get-TenantPolicy -Name short").Output);
    }

    [Fact]
    public async Task Names_are_taken_to_the_letter()
    {
        await using var database = await CreateAsync();
        using var runner = ModuleRunner.Connect(database.AdminConnectionString);
        Enable(runner);
        runner.Run("$null = New-TenantPolicy todo_item 'Odd \"*\" 日本' -Using true -WarningAction SilentlyContinue").EnsureSuccess();

        Assert.Equal("PolicyNotFound", runner.Run("Remove-TenantPolicy todo_item '*' -Confirm:$false").ErrorId);
        runner.Run("Remove-TenantPolicy todo_item 'Odd \"*\" 日本' -Confirm:$false").EnsureSuccess();
    }

    [Fact]
    public async Task A_role_of_tenants_is_refused_and_a_table_without_tenants_too()
    {
        await using var database = await CreateAsync();
        using var runner = ModuleRunner.Connect(database.AdminConnectionString);
        Enable(runner);
        await database.ExecuteAsync("create table plain (id int)");
        var session = await database.ScalarAsync<string>("select value from tenants.setting where name = 'session_role'");

        Assert.Equal("PolicyRoleIsTenants", runner.Run("New-TenantPolicy todo_item p -Using true -Role $args[0]", session).ErrorId);
        Assert.Equal("TableNotEnabled", runner.Run("New-TenantPolicy plain p -Using true").ErrorId);
        Assert.Equal("TableNotFound", runner.Run("New-TenantPolicy todo_itm p -Using true").ErrorId);
        Assert.Equal("PolicyExpressionInvalid", runner.Run("New-TenantPolicy todo_item p -Using 'true) with check (true'").ErrorId);
    }

    private static async Task<TestDatabase> CreateAsync()
    {
        var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create table todo_item (tenant text not null, title text)");
        return database;
    }

    private static void Enable(ModuleRunner runner) =>
        runner.Run("$null = Enable-TenantRls -Table todo_item -WarningAction SilentlyContinue").EnsureSuccess();
}
