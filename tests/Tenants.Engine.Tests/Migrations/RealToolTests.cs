using Npgsql;
using Tenants.Engine.Plans;
using Xunit;

namespace Tenants.Engine.Tests.Migrations;

/// <summary>Up, down and up again through the tools themselves, where they are installed: beside them, <see cref="UpAndDownTests"/> does as they do.</summary>
public class RealToolTests
{
    private const string EnvPy = """
        import os
        from alembic import context
        from sqlalchemy import create_engine

        with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
            context.configure(connection=connection)
            with context.begin_transaction():
                context.run_migrations()
        """;

    [Fact]
    public Task Dbmate() => CheckAsync(
        TenantMigrationFormat.Dbmate, "dbmate", _ => { }, ["--migrations-dir", ".", "--no-dump-schema", "up"], ["--migrations-dir", ".", "--no-dump-schema", "down"], isDownOneByOne: true);

    [Fact]
    public Task Alembic() => CheckAsync(TenantMigrationFormat.Alembic, "alembic", Begin, ["upgrade", "head"], ["downgrade", "base"], isDownOneByOne: false);

    private static void Begin(string folder)
    {
        File.WriteAllText(Path.Combine(folder, "alembic.ini"), "[alembic]\nscript_location = .\n");
        File.WriteAllText(Path.Combine(folder, "env.py"), EnvPy);
        Directory.CreateDirectory(Path.Combine(folder, "versions"));
    }

    private static async Task CheckAsync(TenantMigrationFormat format, string program, Action<string> begin, string[] up, string[] down, bool isDownOneByOne)
    {
        Assert.SkipUnless(InstalledTool.Find(program) is not null, $"{program} is not installed");
        await using var world = await MigrationWorld.CreateAsync("create table account (id int, name text); create table todo_item (id int, account_id int); insert into account values (1, 'acme'); insert into todo_item values (1, 1)");
        begin(world.Folder);
        var before = await CatalogSnapshot.TakeAsync(world.There.Test);
        var files = await world.WriteAsync(format, new EnableRequest { Backfill = "select a.name from account a where a.id = t.account_id" }, "todo_item");

        await RunAsync(world, program, up);
        var first = await CatalogSnapshot.TakeAsync(world.There.Test);
        for (var i = 0; i < (isDownOneByOne ? files.Count : 1); i++)
        {
            await RunAsync(world, program, down);
        }

        Assert.Equal(before, await CatalogSnapshot.TakeAsync(world.There.Test));
        await RunAsync(world, program, up);
        Assert.Equal(first, await CatalogSnapshot.TakeAsync(world.There.Test));
        Assert.Equal("acme", await world.There.ValueAsync<string>("select tenant from todo_item"));
        await world.There.Database.ForgetInstallationAsync();
        Assert.Empty((await world.There.PlanAsync("todo_item")).Plan.Steps);
    }

    private static async Task RunAsync(MigrationWorld world, string program, string[] arguments)
    {
        var login = new NpgsqlConnectionStringBuilder(world.There.Test.AdminConnectionString);
        var (ended, output) = await InstalledTool.RunAsync(program, arguments, start =>
        {
            start.WorkingDirectory = world.Folder;
            start.Environment["DATABASE_URL"] = $"postgresql://{Uri.EscapeDataString(login.Username!)}:{Uri.EscapeDataString(login.Password ?? "")}@{login.Host}:{login.Port}/{login.Database}?sslmode=disable";
        });
        Assert.True(ended == 0, output);
    }
}
