using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Registry;

public class TenantCmdletTests
{
    [Fact]
    public async Task A_new_tenant_needs_nothing_made_before()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        var created = runner.Run("New-Tenant acme, globex -DisplayName 'A company'").EnsureSuccess();
        Assert.Equal(["acme", "globex"], created.Output.Select(o => Assert.IsType<TenantInfo>(o.BaseObject).Tenant));
        Assert.Equal("A company", runner.Run("(Get-Tenant acme).DisplayName").Single);
        Assert.Equal(TenantState.Active, runner.Run("(Get-Tenant acme).State").Single);
    }

    [Fact]
    public async Task Tenants_come_through_the_pipeline_by_value_and_by_name()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        runner.Run("$null = 'a', 'b' | New-Tenant; $null = [pscustomobject]@{ Name = 'c'; DisplayName = 'See' }, [pscustomobject]@{ Tenant = 'd'; DisplayName = 'Dee' } | New-Tenant").EnsureSuccess();
        Assert.Equal(["a:", "b:", "c:See", "d:Dee"], runner.Run("Get-Tenant | & { process { \"$($_.Tenant):$($_.DisplayName)\" } }").Output.Select(o => o.BaseObject));
        Assert.Equal(["a", "d"], runner.Run("(Get-Tenant | & { process { if ($_.Tenant -in 'a', 'd') { $_ } } } | Get-Tenant).Tenant").EnsureSuccess().Output.Select(o => o.BaseObject));
    }

    [Fact]
    public async Task One_that_fails_does_not_stop_the_others()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        runner.Run("$null = New-Tenant acme").EnsureSuccess();
        var result = runner.Run("New-Tenant one, acme, \"t`tab\", two");
        Assert.False(result.IsTerminated);
        Assert.Equal(["one", "two"], result.Output.Select(o => ((TenantInfo)o.BaseObject).Tenant));
        Assert.Equal(["InvalidTenant", "TenantAlreadyExists"], result.Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]).Order());
    }

    [Fact]
    public async Task Of_thousands_each_gives_its_tenant_or_its_own_error_in_their_order()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        runner.Run("$null = New-Tenant t7, t1500, t2999").EnsureSuccess();
        var before = DateTime.Now.AddMinutes(-1);
        var result = runner.Run("1..3000 | & { process { \"t$_\"; if ($_ -in 5, 2500) { \"bad`t$_\" } } } | New-Tenant");
        Assert.False(result.IsTerminated);
        Assert.Equal(Enumerable.Range(1, 3000).Select(n => $"t{n}").Except(["t7", "t1500", "t2999"]), result.Output.Select(o => ((TenantInfo)o.BaseObject).Tenant));
        Assert.All(result.Output, o => Assert.InRange(((TenantInfo)o.BaseObject).CreatedAt, before, DateTime.Now.AddMinutes(1)));
        Assert.Equal(["bad\t2500", "bad\t5", "t1500", "t2999", "t7"], result.Errors.Select(e => (string)e.TargetObject).Order(StringComparer.Ordinal));
        Assert.Equal(3000, runner.Run("@(Get-Tenant t*).Count").Single);
        Assert.Empty(runner.Run("1..3000 | & { process { \"w$_\" } } | New-Tenant -WhatIf").Output);
        Assert.Equal(0, runner.Run("@(Get-Tenant w*).Count").Single);
    }

    [Fact]
    public async Task What_was_written_before_a_stop_is_there_and_nothing_else_was_written()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        runner.Run("$null = New-Tenant first").EnsureSuccess();
        var result = runner.RunAndStop("1..2500 | & { process { \"t$_\"; if ($_ -eq 2400) { [Threading.Thread]::Sleep(60000) } } } | New-Tenant", TimeSpan.FromSeconds(8));
        var written = result.Output.Select(o => ((TenantInfo)o.BaseObject).Tenant).ToList();
        Assert.NotEmpty(written);
        Assert.Equal(0, written.Count % 1000);
        Assert.Empty(written.Except(runner.Run("(Get-Tenant t*).Tenant").Output.Select(o => (string)o.BaseObject)));
    }

    [Fact]
    public async Task Odd_identifiers_are_literal_where_something_changes()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        string[] names = ["a*", "a?", "[ab]", "a'b\"c", "x_tenant_y", "日本", new('n', 200), "Acme", "ACME", "`back", "$home", "-dash"];
        Assert.Equal(names, runner.Run("New-Tenant $args", [.. names]).EnsureSuccess().Output.Select(o => ((TenantInfo)o.BaseObject).Tenant));
        runner.Run("Remove-Tenant 'a*', '[ab]' -Confirm:$false").EnsureSuccess();
        Assert.Equal(names.Except(["a*", "[ab]"]).Order(StringComparer.Ordinal), runner.Run("(Get-Tenant).Tenant").Output.Select(o => (string)o.BaseObject).Order(StringComparer.Ordinal));
        Assert.Equal("a?", runner.Run("(Get-Tenant 'a`?').Tenant").EnsureSuccess().Single);
        Assert.Equal("TenantNotFound", runner.Run("Remove-Tenant acme -Confirm:$false").ErrorId);
        Assert.Contains("'ACME'", runner.Run("Get-Tenant acme").ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_streams_and_may_be_left_early()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        runner.Run("$null = 1..3000 | New-Tenant").EnsureSuccess();
        Assert.Equal(3000, runner.Run("@(Get-Tenant).Count").Single);

        // What comes first has come before the last is read; the loop is left in the middle.
        Assert.Equal(5, runner.Run("$n = 0; foreach ($run in 1) { Get-Tenant | & { process { $script:n++; if ($script:n -eq 5) { break } } } }; $n").EnsureSuccess().Single);
        Assert.Equal("7", runner.Run("(Get-Tenant 7).Tenant").EnsureSuccess().Single);
    }

    [Fact]
    public async Task Removing_asks_and_whatif_removes_nothing()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        runner.Run("$null = New-Tenant acme, globex").EnsureSuccess();
        Assert.Contains("acme", runner.Run("Remove-Tenant acme -WhatIf").EnsureSuccess().Host, StringComparison.Ordinal);
        Assert.Equal("ConfirmationNeeded", runner.Run("Remove-Tenant acme").ErrorId);
        runner.Answer = false;
        runner.Run("Remove-Tenant acme").EnsureSuccess();
        Assert.Equal(2, runner.Run("@(Get-Tenant).Count").Single);
        runner.Answer = true;
        Assert.Single(runner.Run("Get-Tenant acme | Remove-Tenant").EnsureSuccess().Questions);
        Assert.Equal("globex", runner.Run("(Get-Tenant).Tenant").Single);
    }

    [Fact]
    public async Task Whatif_of_the_first_tenant_shows_what_would_be_made()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        var shown = runner.Run("New-Tenant acme -WhatIf").EnsureSuccess();
        Assert.Contains("create schema", shown.Host, StringComparison.Ordinal);
        Assert.Contains("\"acme\"", shown.Host, StringComparison.Ordinal);
        Assert.Equal("None", runner.Run("\"$((Get-TenantDatabase).IsolationMode)\"").Single);
    }

    [Fact]
    public async Task Ctrl_C_during_a_removal_opens_the_tenant_again()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        runner.Run("$null = New-Tenant acme").EnsureSuccess();
        await using var connection = await test.Superuser.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await new Npgsql.NpgsqlCommand("select 1", connection).ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        runner.RunAndStop("Remove-Tenant acme -Confirm:$false -Timeout 60", TimeSpan.FromSeconds(1.5));
        Assert.Equal(TenantState.Active, runner.Run("(Get-Tenant acme).State").EnsureSuccess().Single);
    }
}
