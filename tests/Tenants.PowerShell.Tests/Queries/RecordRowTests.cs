using Tenants.PowerShell.Tests.Shell;
using Xunit;

namespace Tenants.PowerShell.Tests.Queries;

/// <summary>Rows in PowerShell's own engine: they act as its custom objects do.</summary>
public sealed class RecordRowTests(QueryModule module) : IClassFixture<QueryModule>
{
    private const string Rows = "select i as id, 'n' || i as name, i * 1.5 as price, i % 2 = 0 as even, null as none from generate_series(1, 4) i";

    [Theory]
    [InlineData("$rows[0] -is [Tenants.TenantRow]", true)]
    [InlineData("\"$($rows[0])\"", "@{id=1; name=n1; price=1.5; even=False; none=}")]
    [InlineData("$rows[0].psobject.Properties.Name -join ' '", "id name price even none")]
    [InlineData("$rows[0].id -is [int] -and $rows[0].name -is [string] -and $rows[0].price -is [decimal] -and $rows[0].even -is [bool]", true)]
    [InlineData("$null -eq $rows[0].none", true)]
    [InlineData("$null -eq $rows[0].missing", true)]
    [InlineData("$rows.name -join ' '", "n1 n2 n3 n4")]
    [InlineData("$rows[0].ID", 1)]
    [InlineData("$rows[0].'name'.Length", 2)]
    [InlineData("($rows | Where-Object name -eq n3).id", 3)]
    [InlineData("($rows | Where-Object even).id -join ' '", "2 4")]
    [InlineData("($rows | Where-Object { $_.price -gt 4 }).Count", 2)]
    [InlineData("($rows | ForEach-Object price) -join ' '", "1.5 3.0 4.5 6.0")]
    [InlineData("$rows.Where({ $_.id -eq 2 }).name", "n2")]
    [InlineData("$rows[0].id = 7; $rows[0].id", 7)]
    [InlineData("$rows[0].name = $null; $null -eq $rows[0].name", true)]
    [InlineData("$rows[0].name = 1, 2; $rows[0].name.Count", 2)]
    [InlineData("$rows[0].price += 1; $rows[0].price -eq 2.5", true)]
    [InlineData("$rows[0].id = $null; $null -eq $rows[0].id", true)]
    [InlineData("foreach ($p in $rows[0].psobject.Properties) { if ($p.Name -eq 'id') { $p.Value = 9 } }; $rows[0].id", 9)]
    [InlineData("$rows[0].psobject.Properties.Add([psnoteproperty]::new('more', 5)); $rows[0].more", 5)]
    [InlineData("$rows[0].psobject.Properties.Add([psnoteproperty]::new('more', 5)); \"$($rows[0].psobject.Properties.Name)\"", "more id name price even none")]
    [InlineData("function f { param($id, $name) \"$id $name\" }; $h = @{}; foreach ($p in $rows[1].psobject.Properties) { if ($p.Name -in 'id', 'name') { $h[$p.Name] = $p.Value } }; f @h", "2 n2")]
    [InlineData("function g { param([Parameter(ValueFromPipelineByPropertyName)][int]$id) process { $id } }; ($rows | g) -join ' '", "1 2 3 4")]
    [InlineData("([pscustomobject]$rows[0]).name", "n1")]
    [InlineData("$copy = $rows[0].psobject.Copy(); $copy.name", "n1")]
    [InlineData("switch ($rows[1]) { { $_.even } { 'even' } }", "even")]
    [InlineData("$rows[0] -eq $rows[0]", true)]
    public void A_row_acts_as_a_custom_object(string script, object expected) =>
        Assert.Equal(expected, Run($"$rows = Invoke-TenantQuery -Tenant acme \"{Rows}\"; {script}").Single);

    [Fact]
    public void A_text_where_the_column_has_numbers_is_an_error_that_says_so()
    {
        var result = module.Run("$row = Invoke-TenantQuery -Tenant acme 'select 1 as id'; $row.id = 'x'");
        Assert.Contains("\"x\"", result.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_named_as_methods_are_come_as_properties_all_the_same()
    {
        var row = Run("Invoke-TenantQuery -Tenant acme 'select 1 as \"ToString\", 2 as \"Equals\", 3 as x, 4 as get_x'").Output[0];
        Assert.Equal([("ToString", 1), ("Equals", 2), ("x", 3), ("get_x", 4)], row.Properties.Select(p => (p.Name, (int)p.Value)));
    }

    [Fact]
    public void Several_results_of_different_shapes_come_one_after_the_other()
    {
        var rows = Run("Invoke-TenantQuery -Tenant acme 'select 1 as a; select 2 as b, 3 as c; select 4 as a'").Output;
        Assert.Equal(["a", "b c", "a"], rows.Select(r => string.Join(' ', r.Properties.Select(p => p.Name))));
    }

    [Fact]
    public void Sixteen_hundred_columns_are_sixteen_hundred_properties()
    {
        var row = Run("Invoke-TenantQuery -Tenant acme ('select ' + ((0..1599 | ForEach-Object { \"$_ as c$_\" }) -join ', '))").Output[0];
        Assert.Equal(1600, row.Properties.Count());
        Assert.Equal(1599, row.Properties["c1599"].Value);
    }

    [Fact]
    public async Task A_process_on_ever_new_shapes_goes_on_with_custom_objects()
    {
        using var script = new TemporaryScript($$"""
            Import-Module '{{ModuleRunner.Manifest}}'
            $null = Connect-TenantDatabase -ConnectionString $args[0] -WarningAction SilentlyContinue
            foreach ($i in 1..13) {
                $columns = foreach ($k in 1..1600) { "$k as c${i}_$k" }
                $row = Invoke-TenantQuery -Tenant acme "select $($columns -join ', ')"
                if ($row."c${i}_1600" -ne 1600) { throw "$i" }
                if ($i -in 1, 12, 13) { $row -is [Tenants.TenantRow] }
            }
            (Invoke-TenantQuery -Tenant acme "select $($columns -join ', ')").c13_7
            (Invoke-TenantQuery -Tenant acme 'select 7 as small') -is [Tenants.TenantRow]
            """);
        var result = await ShellProcess.RunAsync("", script.Path, module.Database.AdminConnectionString);
        Assert.Equal("True\nTrue\nFalse\n7\nTrue\n", result.Output);
    }

    private ScriptResult Run(string script) => module.Run(script).EnsureSuccess();
}
