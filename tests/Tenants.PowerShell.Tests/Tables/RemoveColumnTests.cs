using Tenants.PowerShell.Tests.Declarations;
using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Tables;

/// <summary>A column of which nothing tells that it was made for tenants goes only where it and its table are named.</summary>
public sealed class RemoveColumnTests : IDisposable
{
    private readonly DeclarationFolder _folder = new();

    [Theory]
    [InlineData("Disable-TenantRls building -RemoveColumn -Force")]
    [InlineData("Disable-TenantRls build* -RemoveColumn -Force")]
    [InlineData("Disable-TenantRls build* -RemoveColumn -Column tenant -Force")]
    [InlineData("Get-TenantRls -All | Where-Object Table -like *building | Disable-TenantRls -RemoveColumn -Force")]
    [InlineData("Disable-TenantRls -Declaration $d -RemoveColumn -Force")]
    public async Task It_stays_and_the_error_names_it(string command)
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create table building (id int, tenant text); insert into building values (1, 'the Smiths'); create table item (id int)");
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        shell.Run("$d = $args[0]; $null = Enable-TenantRls item", _folder.Write("@{ Tables = @( 'item', @{ Table = 'build*'; Column = 'tenant' } ) }")).EnsureSuccess();
        var result = shell.Run(command);
        Assert.Equal("ColumnNotOurs", Assert.Single(result.Errors).FullyQualifiedErrorId.Split(',')[0]);
        Assert.Contains("-RemoveColumn -Column tenant", result.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal("the Smiths", await database.ScalarAsync<string>("select tenant from building"));

        shell.Run("Disable-TenantRls building -RemoveColumn -Column tenant -Force").EnsureSuccess();
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from pg_attribute where attrelid = 'building'::regclass and attname = 'tenant'"));
    }

    public void Dispose() => _folder.Dispose();
}
