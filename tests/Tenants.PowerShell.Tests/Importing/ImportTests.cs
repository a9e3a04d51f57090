using Xunit;

namespace Tenants.PowerShell.Tests.Importing;

public class ImportTests
{
    private const string CountConnections = "@(Get-TenantDatabase -WarningAction SilentlyContinue).Count";

    [Fact]
    public void The_module_comes_back_after_it_was_removed()
    {
        using var runner = ModuleRunner.Open();
        for (var i = 0; i < 2; i++)
        {
            runner.Run("Remove-Module Tenants; Import-Module $args[0]", ModuleRunner.Manifest).EnsureSuccess();
            Assert.Equal("TestHost", runner.Run("'TestHost'").EnsureSuccess().Single);
        }
    }
}
