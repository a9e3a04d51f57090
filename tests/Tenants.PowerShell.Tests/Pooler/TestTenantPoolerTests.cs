using Npgsql;
using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Pooler;

public class TestTenantPoolerTests
{
    [Fact]
    public async Task It_reports_on_a_pooler_named_by_parameters()
    {
        Assert.SkipUnless(PgBouncer.IsExpected, PgBouncer.SkipReason);
        await using var test = await TestDatabase.CreateAsync();
        await using var pooler = await PgBouncer.StartAsync();
        using var runner = ModuleRunner.Open();
        var password = new NpgsqlConnectionStringBuilder(test.AdminConnectionString).Password!;
        var result = runner.Run(
            """
            $secret = [securestring]::new()
            $args[4].ToCharArray().ForEach({ $secret.AppendChar($_) })
            Test-TenantPooler -Server $args[0] -Port $args[1] -Database $args[2] -Credential ([pscredential]::new($args[3], $secret))
            """,
            pooler.Host,
            pooler.Port,
            test.Name,
            test.AdminLogin,
            password).EnsureSuccess();
        var report = Assert.IsType<TenantPoolerReport>(result.Single);
        Assert.Equal((TenantPoolerMode.Transaction, TenantPoolerUse.AppLogin), (report.Mode, report.Use));
        Assert.Equal((pooler.Host, pooler.Port, test.Name, test.AdminLogin), (report.Server, report.Port, report.Database, report.UserName));
        Assert.Contains(TenantPoolerCrossing.TemporaryTable, report.Crossings);

        // It connects for itself alone.
        Assert.Empty(runner.Run("Get-TenantDatabase").EnsureSuccess().Output);
    }

    [Fact]
    public async Task Its_view_shows_the_lists_whole_and_no_secret()
    {
        Assert.SkipUnless(PgBouncer.IsExpected, PgBouncer.SkipReason);
        await using var test = await TestDatabase.CreateAsync();
        await using var pooler = await PgBouncer.StartAsync();
        using var runner = ModuleRunner.Open();
        var result = runner.Run("Test-TenantPooler $args[0] | Out-Default", pooler.Through(test.AdminConnectionString)).EnsureSuccess();
        Assert.Contains(Flat("Setting, Role, TemporaryTable, Cursor, Listen, PreparedStatement, AdvisoryLock"), Flat(result.Host), StringComparison.Ordinal);
        Assert.Contains(Flat("server_reset_query_always = 1"), Flat(result.Host), StringComparison.Ordinal);
        Assert.DoesNotContain(new NpgsqlConnectionStringBuilder(test.AdminConnectionString).Password!, result.Host, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Straight_to_the_server_there_is_nothing_to_advise()
    {
        await using var test = await TestDatabase.CreateAsync();
        using var runner = ModuleRunner.Open();
        var report = Assert.IsType<TenantPoolerReport>(runner.Run("Test-TenantPooler $args[0]", test.AdminConnectionString).EnsureSuccess().Single);
        Assert.Equal((TenantPoolerMode.None, TenantPoolerUse.AnyLogin), (report.Mode, report.Use));
        Assert.Empty(report.Advice);
    }

    [Fact]
    public void Without_a_server_it_says_how_to_name_one()
    {
        using var runner = ModuleRunner.Open();
        var result = runner.Run("Test-TenantPooler -Database app -UserName me");
        Assert.SkipWhen(result.ErrorId == "ConnectionFailed", "The environment names a server.");
        Assert.Equal("SettingMissing", result.ErrorId);
        Assert.Contains("-Server", result.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void It_takes_what_Connect_takes_to_find_the_server()
    {
        using var runner = ModuleRunner.Open();
        const string Names = "(Get-Command $args[0]).ParameterSets.ForEach({ $set = $_; $_.Parameters.ForEach({ \"$($set.Name) $($_.Name) $($_.Position) $($_.IsMandatory)\" }) })";
        var connect = runner.Run(Names, "Connect-TenantDatabase").EnsureSuccess().Output.Select(o => $"{o}").ToHashSet();
        var test = runner.Run(Names, "Test-TenantPooler").EnsureSuccess().Output.Select(o => $"{o}").ToHashSet();
        Assert.True(test.IsSubsetOf(connect), string.Join(", ", test.Except(connect)));
        Assert.Equal(
            ["AdminPort", "AdminServer", "AllowOutdatedServer", "AppCredential", "Key", "RequireSealed", "Trust"],
            connect.Except(test).Select(p => p.Split(' ')[1]).Distinct().Order(StringComparer.Ordinal));
    }

    // The screen breaks lines anywhere.
    private static string Flat(string text) => string.Concat(text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
