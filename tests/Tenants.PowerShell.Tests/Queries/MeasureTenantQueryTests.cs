using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Queries;

public class MeasureTenantQueryTests
{
    private const string LostIndex = "Measure-TenantQuery -Tenant acme 'select id from todo_item where title like @t' @{ t = 'item 1234%' } -Repeat 3 -AllowLock -Confirm:$false";

    [Fact]
    public async Task One_record_holds_both_plans_the_price_and_what_to_do()
    {
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);

        var measure = (TenantQueryMeasure)shell.Run(LostIndex).EnsureSuccess().Single!;

        Assert.Equal(("acme", 3, 6d), (measure.Tenant, measure.Pairs, measure.Rows));
        Assert.Equal(TenantQueryFindingKind.IndexLost, Assert.Single(measure.Findings).Kind);
        Assert.NotNull(measure.Price);
        var list = shell.Run(LostIndex + " | Out-Default").EnsureSuccess().Host;
        Assert.All(["not leakproof", "by_title", "text_pattern_ops", "times, the median of 3 pairs"], text => Assert.Contains(text, string.Join(' ', list.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tenants_come_by_the_pipeline_and_one_that_fails_is_one_error()
    {
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);

        var result = shell.Run("'acme', 'nobody', 'globex' | Measure-TenantQuery 'select count(*) from todo_item' -Repeat 1 -AllowLock -Confirm:$false");

        Assert.Equal(["acme", "globex"], result.Output.Select(o => ((TenantQueryMeasure)o.BaseObject).Tenant));
        Assert.StartsWith("TenantNotFound", Assert.Single(result.Errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Measure-TenantQuery -Tenant acme 'select 1 from todo_item'", "LockNeeded")]
    [InlineData("Measure-TenantQuery -Tenant acme 'delete from todo_item' -AllowLock -Confirm:$false", "QueryNotMeasurable")]
    public async Task What_cannot_be_measured_is_refused(string script, string errorId)
    {
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);

        Assert.Equal(errorId, shell.Run(script).ErrorId);
    }

    [Fact]
    public async Task The_lock_is_asked_for_and_nothing_else_is()
    {
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);

        Assert.Empty(shell.Run("Measure-TenantQuery -Tenant acme 'select 1' -Repeat 1 -AllowLock -WhatIf").EnsureSuccess().Output);
        Assert.NotEmpty(shell.Run("Measure-TenantQuery -Tenant acme 'select 1' -Repeat 1 -AllowLock").ErrorId ?? "");
        Assert.Single(shell.Run("Measure-TenantQuery -Tenant acme 'select 1' -Repeat 1").EnsureSuccess().Output);
    }

    private static async Task<TestDatabase> CreateAsync()
    {
        var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("""
            create table todo_item (tenant text, id int, title text);
            insert into todo_item select case n % 2 when 0 then 'acme' else 'globex' end, n, 'item ' || n from generate_series(1, 20000) n;
            create index by_title on todo_item (title text_pattern_ops);
            """);
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        shell.Run("Enable-TenantRls todo_item -Confirm:$false -WarningAction Ignore; $null = New-Tenant acme, globex -Adopt -Confirm:$false -WarningAction Ignore").EnsureSuccess();
        await database.ExecuteAsync("analyze todo_item");
        return database;
    }
}
