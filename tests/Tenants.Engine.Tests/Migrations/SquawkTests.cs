using Tenants.Engine.Plans;
using Xunit;

namespace Tenants.Engine.Tests.Migrations;

/// <summary>The linter squawk over what is written in SQL, where it is installed.</summary>
public class SquawkTests
{
    [Theory]
    [InlineData(TenantMigrationFormat.Sql)]
    [InlineData(TenantMigrationFormat.Flyway)]
    [InlineData(TenantMigrationFormat.GolangMigrate)]
    [InlineData(TenantMigrationFormat.Dbmate)]
    public async Task It_objects_to_nothing(TenantMigrationFormat format)
    {
        Assert.SkipUnless(InstalledTool.Find("squawk") is not null, "squawk is not installed (npm install --global squawk-cli)");
        await using var world = await MigrationWorld.CreateAsync("""
            create table todo_item (id int primary key);
            create table event (at date not null) partition by range (at);
            create table event_1 partition of event for values from ('2025-01-01') to ('2026-01-01')
            """);
        var files = await world.WriteAsync(format, new EnableRequest(DefaultTenant: "acme"), "todo_item", "event");
        string[] assumed = format is TenantMigrationFormat.Flyway or TenantMigrationFormat.Dbmate ? ["--assume-in-transaction"] : [];
        var (ended, output) = await InstalledTool.RunAsync("squawk", [.. assumed, .. files.Select(f => f.Path).Where(p => p.EndsWith(".sql", StringComparison.Ordinal))]);

        Assert.True(ended == 0, output);
    }
}
