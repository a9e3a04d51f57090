using FluentMigrator.Runner;
using Microsoft.Extensions.DependencyInjection;

namespace Tenants.Engine.Tests.Migrations.Tools;

/// <summary>FluentMigrator itself.</summary>
internal sealed class FluentMigratorTool : IMigrationTool
{
    public void Begin(string folder) => File.WriteAllText(
        Path.Combine(folder, "20200101000000_First.cs"),
        "using FluentMigrator;\n\nnamespace Shop.Data;\n\n[Migration(20200101000000)]\npublic class First : Migration\n{\n    public override void Up() { }\n\n    public override void Down() { }\n}\n");

    public Task UpAsync(string folder, string connectionString) => RunAsync(folder, connectionString, r => r.MigrateUp());

    public Task DownAsync(string folder, string connectionString) => RunAsync(folder, connectionString, r => r.RollbackToVersion(20200101000000));

    private static async Task RunAsync(string folder, string connectionString, Action<IMigrationRunner> run)
    {
        await using var services = new ServiceCollection()
            .AddFluentMigratorCore()
            .ConfigureRunner(r => r.AddPostgres().WithGlobalConnectionString(connectionString).ScanIn(CSharpCompiler.Compile(folder)).For.Migrations())
            .BuildServiceProvider();
        using var scope = services.CreateScope();
        run(scope.ServiceProvider.GetRequiredService<IMigrationRunner>());
    }
}
