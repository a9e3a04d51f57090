using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Sandbox;

public sealed class SandboxCommandTests
{
    private static readonly object? s_major = TestServer.WantedMajor;

    [Fact]
    public void It_starts_shows_no_secret_and_stops()
    {
        using var module = ModuleRunner.Open();
        module.Run("$s = if ($args[0]) { Start-TenantSandbox -Version $args[0] -Database app } else { Start-TenantSandbox -Database app }", s_major).EnsureSuccess();

        Assert.Equal("app Running owner", module.Run("\"$($s.Database) $($s.State) $($s.UserName)\"").Output.Single().ToString());
        Assert.Equal("0", module.Run("($s.PSObject.Properties.Where({ $_.Name -match 'password|secret|connectionstring' })).Count").Output.Single().ToString());

        module.Run("$s | Stop-TenantSandbox").EnsureSuccess();
        Assert.Equal("Stopped False", module.Run("\"$($s.State) $([IO.Directory]::Exists($s.DataDirectory))\"").Output.Single().ToString());
        module.Run("Stop-TenantSandbox $s").EnsureSuccess();
    }

    [Fact]
    public void WhatIf_starts_and_stops_nothing()
    {
        using var module = ModuleRunner.Open();

        Assert.Empty(module.Run("Start-TenantSandbox -WhatIf").EnsureSuccess().Output);
    }

    [Fact]
    public void Stop_without_a_name_stops_all_of_this_runspace_and_no_other()
    {
        using var module = ModuleRunner.Open();
        using var other = ModuleRunner.Open();
        module.Run("$a = Start-TenantSandbox").EnsureSuccess();
        other.Run("$b = Start-TenantSandbox").EnsureSuccess();

        module.Run("Stop-TenantSandbox").EnsureSuccess();

        Assert.Equal("Stopped", module.Run("\"$($a.State)\"").Output.Single().ToString());
        Assert.Equal("Running", other.Run("\"$($b.State)\"").Output.Single().ToString());
    }

    [Fact]
    public void Removing_the_module_stops_it()
    {
        using var module = ModuleRunner.Open();
        module.Run("$s = Start-TenantSandbox").EnsureSuccess();

        module.Run("Remove-Module Tenants").EnsureSuccess();

        Assert.Equal("Stopped", module.Run("\"$($s.State)\"").Output.Single().ToString());
    }

    [Fact]
    public void A_wrong_folder_is_an_error_with_an_id()
    {
        using var module = ModuleRunner.Open();

        var result = module.Run("Start-TenantSandbox -BinaryPath $args[0]", AppContext.BaseDirectory);

        Assert.StartsWith("PostgresNotFound", result.Errors.Single().FullyQualifiedErrorId, StringComparison.Ordinal);
    }
}
