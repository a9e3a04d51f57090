using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Importing;

/// <summary>A table leaves out the columns on its right that have no room: what matters must not stand there.</summary>
public class ViewTests
{
    [Fact]
    public async Task What_a_table_with_a_long_name_is_missing_is_shown()
    {
        await using var test = await TestDatabase.CreateAsync();
        await test.ExecuteAsync("create table customer_invoice_line (id int)");
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        runner.Run("$null = Enable-TenantRls customer_invoice_line -WarningAction SilentlyContinue; Invoke-TenantQuery -AsAdmin 'alter table customer_invoice_line no force row level security'").EnsureSuccess();
        var shown = runner.Run("Get-TenantRls | Out-Default").EnsureSuccess().Host;
        Assert.Contains("Missing", shown, StringComparison.Ordinal);
        Assert.Contains("(FORCE)", string.Concat(shown.Where(c => !char.IsWhiteSpace(c))), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_differs_is_told_without_a_break_inside_of_a_word()
    {
        await using var test = await TestDatabase.CreateAsync();
        await test.ExecuteAsync("create table customer_invoice_line_of_a_long_name (id int); create table t (id int)");
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        runner.Run("$null = Enable-TenantRls t -WarningAction SilentlyContinue; Invoke-TenantQuery -AsAdmin 'alter table t no force row level security'").EnsureSuccess();
        var shown = runner.Run("Compare-TenantRls | Out-Default").EnsureSuccess().Host;
        var words = shown.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToHashSet();
        Assert.All("Row security does not bind the owner of public.t: his views and SECURITY DEFINER functions show all tenants' rows.".Split(' '), word => Assert.Contains(word, words));
        Assert.All(new[] { "public.customer_invoice_line_", "of_a_long_name" }, word => Assert.Contains(word, words));
    }

    [Fact]
    public async Task What_a_policy_checks_is_shown()
    {
        await using var test = await TestDatabase.CreateAsync();
        await test.ExecuteAsync("create table t (a int)");
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        runner.Run("$null = Enable-TenantRls t -WarningAction SilentlyContinue; $null = New-TenantPolicy t p -Command Insert -Check 'a > 1' -WarningAction SilentlyContinue").EnsureSuccess();
        Assert.Contains("check (a > 1)", runner.Run("Get-TenantPolicy -Name p | Out-Default").EnsureSuccess().Host, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_shows_its_names_whole()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Open();
        var shown = runner.Run("Connect-TenantDatabase $args[0] -WarningAction SilentlyContinue | Out-Default", test.AdminConnectionString).EnsureSuccess().Host;
        Assert.Contains(test.AdminLogin, shown, StringComparison.Ordinal);
    }
}
