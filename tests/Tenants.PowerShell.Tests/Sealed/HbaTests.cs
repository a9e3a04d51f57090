using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Sealed;

/// <summary>What a script hears of a pg_hba.conf that refuses the module's logins, or asks nobody for a password.</summary>
public class HbaTests
{
    private const string Connect = "$c = Connect-TenantDatabase $args[0] -Trust Sealed; \"$($c.Trust)\"";

    [Fact]
    public async Task A_refused_login_is_an_error_with_the_line_to_add_and_trust_is_a_warning()
    {
        await using var server = await HbaServer.StartAsync();
        using var module = ModuleRunner.Open();
        module.Run("$null = Connect-TenantDatabase $args[0]; Initialize-TenantDatabase", server.AdminConnectionString).EnsureSuccess();
        await server.ExecuteAsync("revoke create on schema public from public");
        await server.LetInAsync($"{server.Any} reject");

        var refused = module.Run(Connect, server.AdminConnectionString);
        Assert.Equal("LoginRefused", refused.ErrorId);

        await server.AddAsync(HbaServer.LineIn(refused.ErrorMessage!));
        var asked = module.Run(Connect, server.AdminConnectionString).EnsureSuccess();
        Assert.Equal("Sealed", asked.Single);
        Assert.DoesNotContain(asked.Warnings, IsOfTrust);

        await server.LetInAsync($"{server.Any} trust");
        var trusted = module.Run(Connect, server.AdminConnectionString).EnsureSuccess();
        Assert.Equal("Sealed", trusted.Single);
        Assert.Single(trusted.Warnings, IsOfTrust);
    }

    [Fact]
    public async Task A_connection_that_was_there_before_the_tenants_hears_of_trust_once()
    {
        await using var server = await HbaServer.StartAsync();
        await server.ExecuteAsync("revoke create on schema public from public; grant create on schema public to owner");
        await server.LetInAsync($"{server.Any} trust");
        using var module = ModuleRunner.Open();
        Assert.DoesNotContain(module.Run(Connect, server.AdminConnectionString).EnsureSuccess().Warnings, IsOfTrust);
        Assert.DoesNotContain(module.Run("Initialize-TenantDatabase; $null = New-Tenant acme, globex").EnsureSuccess().Warnings, IsOfTrust);

        Assert.Single(module.Run("$s = New-TenantSession acme").EnsureSuccess().Warnings, IsOfTrust);

        Assert.DoesNotContain(module.Run("Invoke-TenantQuery -Tenant globex 'select 1'; $s = New-TenantSession acme").EnsureSuccess().Warnings, IsOfTrust);
        Assert.Single(((IEnumerable<string>)module.Run("(Get-TenantDatabase).Warnings").EnsureSuccess().Output.Select(o => $"{o}")), IsOfTrust);
    }

    private static bool IsOfTrust(string warning) => warning.Contains("pg_hba.conf says trust", StringComparison.Ordinal);
}
