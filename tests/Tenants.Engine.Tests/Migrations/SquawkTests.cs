using System.Diagnostics;
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
        if (Find() is not { } squawk)
        {
            Assert.Skip("squawk is not installed (npm install --global squawk-cli)");
            return;
        }

        await using var world = await MigrationWorld.CreateAsync("""
            create table todo_item (id int primary key);
            create table event (at date not null) partition by range (at);
            create table event_1 partition of event for values from ('2025-01-01') to ('2026-01-01')
            """);
        var files = await world.WriteAsync(format, new EnableRequest(DefaultTenant: "acme"), "todo_item", "event");
        var start = new ProcessStartInfo(squawk) { RedirectStandardOutput = true };
        if (format is TenantMigrationFormat.Flyway or TenantMigrationFormat.Dbmate)
        {
            start.ArgumentList.Add("--assume-in-transaction");
        }

        foreach (var file in files.Where(f => f.Path.EndsWith(".sql", StringComparison.Ordinal)))
        {
            start.ArgumentList.Add(file.Path);
        }

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, output);
    }

    private static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(p => new[] { Path.Combine(p, "squawk"), Path.Combine(p, "squawk.exe") }).FirstOrDefault(File.Exists);
}
