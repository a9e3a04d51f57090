using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Xunit;

namespace Tenants.Engine.Tests.Migrations.Tools;

/// <summary>Entity Framework Core itself.</summary>
internal sealed class EFCoreTool : IMigrationTool
{
    public void Begin(string folder)
    {
        File.WriteAllText(
            Path.Combine(folder, "20200101000000_First.cs"),
            "using Microsoft.EntityFrameworkCore.Migrations;\n\nnamespace Shop.Data\n{\n    public partial class First : Migration\n    {\n        protected override void Up(MigrationBuilder migrationBuilder)\n        {\n        }\n    }\n}\n");
        File.WriteAllText(
            Path.Combine(folder, "20200101000000_First.Designer.cs"),
            "using Microsoft.EntityFrameworkCore.Infrastructure;\nusing Microsoft.EntityFrameworkCore.Migrations;\nusing Tenants.Engine.Tests.Migrations.Tools;\n\nnamespace Shop.Data\n{\n    [DbContext(typeof(ShopContext))]\n    [Migration(\"20200101000000_First\")]\n    partial class First\n    {\n    }\n}\n");
    }

    public async Task UpAsync(string folder, string connectionString)
    {
        await using var context = Open(folder, connectionString);
        await context.Database.MigrateAsync(TestContext.Current.CancellationToken);
        Assert.Empty(await context.Database.GetPendingMigrationsAsync(TestContext.Current.CancellationToken));
    }

    public async Task DownAsync(string folder, string connectionString)
    {
        await using var context = Open(folder, connectionString);
        await context.GetService<IMigrator>().MigrateAsync("20200101000000_First", TestContext.Current.CancellationToken);
    }

    private static ShopContext Open(string folder, string connectionString) => new(
        new DbContextOptionsBuilder<ShopContext>().UseNpgsql(connectionString, o => o.MigrationsAssembly(CSharpCompiler.Compile(folder))).Options);
}
