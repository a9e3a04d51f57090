using Xunit;

namespace Tenants.PowerShell.Tests.Importing;

public class ImportTests
{
    private const string CountConnections = "@(Get-TenantDatabase).Count";

    [Fact]
    public void The_module_comes_back_after_it_was_removed()
    {
        using var runner = ModuleRunner.Open();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(0, runner.Run(CountConnections).EnsureSuccess().Single);
            runner.Run("Remove-Module Tenants; Import-Module $args[0]", ModuleRunner.Manifest).EnsureSuccess();
        }
    }

    [Fact]
    public void Many_runspaces_import_and_remove_it_at_the_same_time() =>
        Parallel.For(0, 6, new ParallelOptions { MaxDegreeOfParallelism = 6 }, _ =>
        {
            using var runner = ModuleRunner.Open();
            for (var i = 0; i < 4; i++)
            {
                Assert.Equal(0, runner.Run(CountConnections).EnsureSuccess().Single);
                runner.Run("Remove-Module Tenants; Import-Module $args[0]", ModuleRunner.Manifest).EnsureSuccess();
            }
        });

    [Fact]
    public void Import_with_force_goes_on_working()
    {
        using var runner = ModuleRunner.Open();
        runner.Run("Import-Module $args[0] -Force", ModuleRunner.Manifest).EnsureSuccess();
        Assert.Equal(0, runner.Run(CountConnections).EnsureSuccess().Single);
    }
}
