using Tenants.Engine.Catalog;
using Tenants.Engine.Migrations;
using Tenants.Engine.Plans;
using Tenants.Engine.Tests.Migrations.Tools;
using Tenants.Engine.Tests.Tables;
using Xunit;

namespace Tenants.Engine.Tests.Migrations;

/// <summary>Two databases with the same tables: migrations are written against the one and run on the other.</summary>
internal sealed class MigrationWorld : IAsyncDisposable
{
    private readonly TemporaryMigrations _folder = new();

    private MigrationWorld(TableWorld here, TableWorld there)
    {
        Here = here;
        There = there;
    }

    /// <summary>Where they are written.</summary>
    public TableWorld Here { get; }

    /// <summary>Where they run.</summary>
    public TableWorld There { get; }

    /// <summary>The folder of the tool.</summary>
    public string Folder => _folder.Path;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<MigrationWorld> CreateAsync(string sql) => new(await TableWorld.CreateAsync(sql), await TableWorld.CreateAsync(sql));

    public static IMigrationTool Tool(TenantMigrationFormat format) => format switch
    {
        TenantMigrationFormat.Sql or TenantMigrationFormat.GolangMigrate => new PairedFilesTool(),
        TenantMigrationFormat.Flyway => new FlywayLikeTool(),
        TenantMigrationFormat.Dbmate => new DbmateLikeTool(),
        TenantMigrationFormat.Alembic => new AlembicLikeTool(),
        TenantMigrationFormat.EFCore => new EFCoreTool(),
        _ => new FluentMigratorTool(),
    };

    /// <summary>A migration that is not written yet.</summary>
    public async Task<MigrationDraft> DraftAsync(TenantMigrationFormat format, EnableRequest request, string[] tables, string name = "add_tenancy")
    {
        var found = new List<TableInfo>();
        foreach (var table in tables)
        {
            found.Add(await Here.FindAsync(table));
        }

        var plan = await MigrationPlanner.PlanAsync(Here.Database, found, request, Cancellation);
        return MigrationWriter.Draft(new MigrationRequest(name, format, Folder), plan, DateTimeOffset.UtcNow);
    }

    public async Task<IReadOnlyList<MigrationFile>> WriteAsync(TenantMigrationFormat format, EnableRequest request, params string[] tables)
    {
        var draft = await DraftAsync(format, request, tables);
        draft.Write();
        return draft.Files;
    }

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await Here.DisposeAsync();
        await There.DisposeAsync();
    }
}
