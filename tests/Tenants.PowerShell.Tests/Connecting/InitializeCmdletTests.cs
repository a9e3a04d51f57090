using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Connecting;

public class InitializeCmdletTests
{
    [Fact]
    public async Task Whatif_prints_the_statements_that_a_run_executes_and_changes_nothing()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        var shown = runner.Run("Initialize-TenantDatabase -TenantType uuid -WhatIf").EnsureSuccess();
        Assert.Contains($"create schema \"tenants\" authorization \"tenants_owner_{test.Name}\"", shown.Host, StringComparison.Ordinal);
        Assert.Equal("None", runner.Run("\"$((Get-TenantDatabase).IsolationMode)\"").Single);

        var run = runner.Run("Initialize-TenantDatabase -TenantType uuid -Verbose").EnsureSuccess();
        var statements = run.Verbose.Where(v => v.Contains("; -- ", StringComparison.Ordinal)).Select(v => v[..v.LastIndexOf("; -- ", StringComparison.Ordinal)].TrimEnd(';')).ToList();
        Assert.NotEmpty(statements);
        Assert.All(statements, s => Assert.Contains(s, shown.Host, StringComparison.Ordinal));
        Assert.Equal(["Context", "Uuid"], runner.Run("$d = Get-TenantDatabase; \"$($d.IsolationMode)\", \"$($d.TenantType)\"").Output.Select(o => o.BaseObject));
    }

    [Fact]
    public async Task A_second_run_changes_nothing_and_says_so()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        runner.Run("Initialize-TenantDatabase").EnsureSuccess();
        Assert.Contains("nothing to do", string.Concat(runner.Run("Initialize-TenantDatabase").EnsureSuccess().Information), StringComparison.Ordinal);
        Assert.Contains("up to date", string.Concat(runner.Run("Update-TenantDatabase").EnsureSuccess().Information), StringComparison.Ordinal);
        Assert.Equal("TenantTypeMismatch", runner.Run("Initialize-TenantDatabase -TenantType uuid").ErrorId);
    }

    [Fact]
    public async Task Uninstalling_asks_first()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        runner.Run("Initialize-TenantDatabase").EnsureSuccess();

        Assert.Equal("ConfirmationNeeded", runner.Run("Uninstall-TenantDatabase").ErrorId);
        runner.Answer = false;
        Assert.Single(runner.Run("Uninstall-TenantDatabase").EnsureSuccess().Questions);
        Assert.Equal("Context", runner.Run("\"$((Get-TenantDatabase).IsolationMode)\"").Single);
        runner.Answer = true;
        runner.Run("Uninstall-TenantDatabase").EnsureSuccess();
        Assert.Equal("None", runner.Run("\"$((Get-TenantDatabase).IsolationMode)\"").Single);
        Assert.Equal(0, await TestDatabase.ScalarAsync<long>(test.Superuser, "select count(*) from pg_roles where rolname like 'tenants\\_%' and position($1 in rolname) > 0", test.Name));
        Assert.Contains("nothing to do", string.Concat(runner.Run("Uninstall-TenantDatabase").EnsureSuccess().Information), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_that_initialise_at_the_same_time_all_succeed()
    {
        await using var test = await TestDatabase.CreateAsync();
        Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, _ =>
        {
            using var runner = ModuleRunner.Connect(test.AdminConnectionString);
            runner.Run("Initialize-TenantDatabase").EnsureSuccess();
        });
        Assert.Equal(3, await TestDatabase.ScalarAsync<long>(test.Superuser, "select count(*) from pg_roles where rolname like 'tenants\\_%' and position($1 in rolname) > 0", test.Name));
    }
}
