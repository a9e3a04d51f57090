using Npgsql;
using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Connecting;

public class ConnectCmdletTests
{
    [Fact]
    public async Task A_connection_string_connects_and_becomes_the_current_one()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Open();
        var connection = runner.Run("$c = Connect-TenantDatabase $args[0] -WarningAction SilentlyContinue; $c", test.AdminConnectionString).EnsureSuccess();
        Assert.IsType<TenantConnection>(connection.Single, exactMatch: false);
        Assert.Equal(test.AdminLogin, runner.Run("$c.UserName").Single);

        var shown = runner.Run("Get-TenantDatabase").EnsureSuccess();
        Assert.Equal([test.Name, true, "Open", "None"], ((string[])["Database", "IsCurrent", "State", "IsolationMode"]).Select(p => shown.Output[0].Properties[p].Value is Enum e ? e.ToString() : shown.Output[0].Properties[p].Value));
    }

    [Fact]
    public async Task Parameters_connect_with_a_password_of_any_characters()
    {
        const string Password = "a;'b\"=c \\ d%@ü";
        await using var test = await TestDatabase.CreateAsync();
        var (login, connectionString) = await test.CreateLoginAsync("odd");
        await TestDatabase.ExecuteAsync(test.Superuser, $"alter role {login} password '{Password.Replace("'", "''", StringComparison.Ordinal)}'");
        var place = new NpgsqlConnectionStringBuilder(connectionString);
        using var runner = ModuleRunner.Open();
        var result = runner.Run(
            """
            $secret = [securestring]::new()
            $args[4].ToCharArray().ForEach({ $secret.AppendChar($_) })
            $credential = [pscredential]::new($args[3], $secret)
            (Connect-TenantDatabase -Server $args[0] -Port $args[1] -Database $args[2] -Credential $credential -StatementTimeout 9 -WarningAction SilentlyContinue).UserName
            (Get-TenantDatabase).StatementTimeout.TotalSeconds
            """,
            place.Host,
            place.Port,
            place.Database,
            login,
            Password).EnsureSuccess();
        Assert.Equal([login, 9.0], result.Output.Select(o => o.BaseObject));
    }

    [Fact]
    public async Task Several_connections_stand_side_by_side()
    {
        await using var one = await TestDatabase.CreateAsync();
        await using var two = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Open();
        runner.Run("$a = Connect-TenantDatabase $args[0]; $b = Connect-TenantDatabase $args[1]", one.AdminConnectionString, two.AdminConnectionString).EnsureSuccess();
        Assert.Equal([one.Name, two.Name], runner.Run("(Get-TenantDatabase).Database").Output.Select(o => o.BaseObject));
        Assert.Equal(two.Name, runner.Run("(Get-TenantDatabase | & { process { if ($_.IsCurrent) { $_ } } }).Database").Single);

        runner.Run("Initialize-TenantDatabase -Connection $a; $null = New-Tenant acme -Connection $a").EnsureSuccess();
        Assert.Equal("DatabaseNotInitialized", runner.Run("Get-Tenant").ErrorId);
        Assert.Equal("acme", runner.Run("(Get-Tenant -Connection $a).Tenant").EnsureSuccess().Single);

        runner.Run("Disconnect-TenantDatabase").EnsureSuccess();
        Assert.False((bool)runner.Run("$b.IsOpen").Single!);
        Assert.Equal("acme", runner.Run("(Get-Tenant).Tenant").EnsureSuccess().Single);
        Assert.Equal("ConnectionClosed", runner.Run("Get-Tenant -Connection $b").ErrorId);
        runner.Run("Get-TenantDatabase | Disconnect-TenantDatabase").EnsureSuccess();
        Assert.Empty(runner.Run("Get-TenantDatabase").EnsureSuccess().Output);
    }

    [Fact]
    public async Task Two_runspaces_share_no_connection_and_none_loses_its_own_when_the_other_ends()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var one = ModuleRunner.Connect(test.AdminConnectionString);
        using (var two = ModuleRunner.Open())
        {
            Assert.Empty(two.Run("Get-TenantDatabase").EnsureSuccess().Output);
            two.Run("$null = Connect-TenantDatabase $args[0]; Remove-Module Tenants", test.AdminConnectionString).EnsureSuccess();
        }

        Assert.Equal("Open", one.Run("\"$((Get-TenantDatabase).State)\"").EnsureSuccess().Single);
        one.Run("Initialize-TenantDatabase").EnsureSuccess();
    }

    [Fact]
    public async Task Removing_the_module_or_closing_the_runspace_closes_its_connections()
    {
        await using var test = await TestDatabase.CreateAsync();
        var runner = ModuleRunner.Connect(test.AdminConnectionString);
        Assert.NotEqual(0, await SessionsAsync(test));
        runner.Run("Remove-Module Tenants").EnsureSuccess();
        await NoneIsLeftAsync(test);
        runner.Run("Import-Module $args[0]; $null = Connect-TenantDatabase $args[1]", ModuleRunner.Manifest, test.AdminConnectionString).EnsureSuccess();
        Assert.NotEqual(0, await SessionsAsync(test));
        runner.Dispose();
        await NoneIsLeftAsync(test);
    }

    [Fact]
    public async Task A_superuser_gets_one_warning_and_no_secret_is_shown()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Open();
        var result = runner.Run("$c = Connect-TenantDatabase $args[0]; $c; Get-TenantDatabase", test.SuperuserConnectionString).EnsureSuccess();
        Assert.Single(result.Warnings, w => w.Contains("superuser", StringComparison.Ordinal));
        var password = new NpgsqlConnectionStringBuilder(test.SuperuserConnectionString).Password!;
        Assert.All(result.Output, o => Assert.All(o.Properties, p => Assert.DoesNotContain(password, $"{p.Value}", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_connection_that_its_warning_refuses_is_not_kept()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Open();
        Assert.True(runner.Run("Connect-TenantDatabase $args[0] -WarningAction Stop", test.SuperuserConnectionString).IsTerminated);
        Assert.Empty(runner.Run("Get-TenantDatabase").EnsureSuccess().Output);
        runner.Run("try { Connect-TenantDatabase $args[0] -WarningAction Stop } catch { }", test.SuperuserConnectionString).EnsureSuccess();
        await NoneIsLeftAsync(test);
    }

    [Fact]
    public async Task A_refused_login_is_an_authentication_error_without_the_password()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Open();
        var wrong = new NpgsqlConnectionStringBuilder(test.AdminConnectionString) { Password = "not-the-word" }.ConnectionString;
        var result = runner.Run("Connect-TenantDatabase $args[0]", wrong);
        Assert.Equal("AuthenticationFailed", result.ErrorId);
        Assert.Equal("AuthenticationError", result.Errors[0].CategoryInfo.Category.ToString());
        Assert.IsType<TenantException>(result.Errors[0].Exception);
        Assert.DoesNotContain("not-the-word", result.Errors[0].ToString() + result.Errors[0].Exception, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_gone_is_shown_as_unreachable()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        await test.Server.ExecuteAsync($"alter role {test.AdminLogin} nologin; select pg_terminate_backend(pid) from pg_stat_activity where usename = '{test.AdminLogin}'");
        await Task.Delay(150, TestContext.Current.CancellationToken);
        Assert.Equal("Unreachable", runner.Run("\"$((Get-TenantDatabase).State)\"").EnsureSuccess().Single);
        Assert.Equal("AuthenticationFailed", runner.Run("Initialize-TenantDatabase").ErrorId);
    }

    private static Task<long> SessionsAsync(TestDatabase test) =>
        TestDatabase.ScalarAsync<long>(test.Superuser, "select count(*) from pg_stat_activity where usename = $1", test.AdminLogin);

    private static async Task NoneIsLeftAsync(TestDatabase test)
    {
        for (var i = 0; await SessionsAsync(test) > 0; i++)
        {
            Assert.True(i < 50, "its sessions are still there");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }
}
