using Xunit;

namespace Tenants.PowerShell.Tests.Queries;

/// <summary>Results of a size that few expect.</summary>
public sealed class BigResultTests(QueryModule module) : IClassFixture<QueryModule>
{
    [Fact]
    public void As_many_columns_as_the_server_gives_are_properties_in_their_order()
    {
        var result = module.Run(
            """
            $columns = (1..1600 | ForEach-Object { "$_ as c$_" }) -join ', '
            $rows = @(Invoke-TenantQuery -Tenant acme "select $columns from generate_series(1, 3)")
            $rows.Count
            @($rows[2].PSObject.Properties).Count
            @($rows[2].PSObject.Properties)[799].Name
            $rows[2].c1600
            """);
        result.EnsureSuccess();
        Assert.Equal([3, 1600, "c800", 1600], result.Output.Select(o => o.BaseObject));
    }

    [Fact]
    public void A_value_of_100_MB_comes_whole()
    {
        var result = module.Run("(Invoke-TenantQuery -Tenant acme \"select repeat('x', 100000000) as big\").big.Length");
        result.EnsureSuccess();
        Assert.Equal([100_000_000], result.Output.Select(o => o.BaseObject));
    }
}
