using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.SharedTables;

public class SharedTableTests
{
    [Fact]
    public async Task A_shared_table_can_be_joined_by_tenants_until_it_is_taken_back()
    {
        await using var database = await CreateAsync();
        using var runner = ModuleRunner.Connect(database.AdminConnectionString);
        await PrepareAsync(database, runner);
        const string Join = "(Invoke-TenantQuery -Tenant acme 'select c.name from todo_item t join country c on c.code = t.country').name";
        Assert.Equal("PermissionDenied", runner.Run(Join).ErrorId);

        runner.Run("Grant-TenantTable country").EnsureSuccess();
        Assert.Equal("Germany", runner.Run(Join).EnsureSuccess().Single);
        Assert.Equal("PermissionDenied", runner.Run("Invoke-TenantQuery -Tenant acme 'delete from country'").ErrorId);
        Assert.Contains("already", Assert.Single(runner.Run("Grant-TenantTable country").EnsureSuccess().Information), StringComparison.Ordinal);

        runner.Run("Revoke-TenantTable country").EnsureSuccess();
        Assert.Equal("PermissionDenied", runner.Run(Join).ErrorId);
    }

    [Fact]
    public async Task A_writable_one_can_be_written()
    {
        await using var database = await CreateAsync();
        using var runner = ModuleRunner.Connect(database.AdminConnectionString);
        await PrepareAsync(database, runner);

        dynamic shared = Assert.Single(runner.Run("Grant-TenantTable country -Writable -PassThru").EnsureSuccess().Output);
        Assert.Equal("public.country", (string)shared.Table);
        runner.Run("Invoke-TenantQuery -Tenant acme \"insert into country values ('fr', 'France')\"").EnsureSuccess();

        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from country"));
    }

    [Fact]
    public async Task WhatIf_prints_the_statements_and_changes_nothing()
    {
        await using var database = await CreateAsync();
        using var runner = ModuleRunner.Connect(database.AdminConnectionString);
        await PrepareAsync(database, runner);

        var shown = runner.Run("'country' | Grant-TenantTable -WhatIf").EnsureSuccess();

        Assert.Contains("grant select on \"public\".\"country\" to \"tenants_session_", shown.Host, StringComparison.Ordinal);
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from tenants.shared_table"));
    }

    [Fact]
    public async Task A_tenant_table_is_refused_and_the_others_of_the_call_are_shared()
    {
        await using var database = await CreateAsync();
        using var runner = ModuleRunner.Connect(database.AdminConnectionString);
        await PrepareAsync(database, runner);

        var result = runner.Run("Grant-TenantTable todo_item, contry, country");

        Assert.Equal(["TableNotShareable", "TableNotFound"], result.Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from tenants.shared_table"));
    }

    private static async Task<TestDatabase> CreateAsync()
    {
        var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync(
            """
            create table country (code text primary key, name text);
            insert into country values ('de', 'Germany');
            create table todo_item (tenant text not null, title text, country text)
            """);
        return database;
    }

    private static async Task PrepareAsync(TestDatabase database, ModuleRunner runner)
    {
        runner.Run("$null = Enable-TenantRls -Table todo_item -WarningAction SilentlyContinue; $null = New-Tenant acme").EnsureSuccess();
        await database.ExecuteAsync("insert into todo_item (tenant, title, country) values ('acme', 'a1', 'de')");
    }
}
