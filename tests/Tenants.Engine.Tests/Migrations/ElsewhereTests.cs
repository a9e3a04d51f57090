using Tenants.Engine.Plans;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Migrations;

/// <summary>The database in which a migration runs is another one than that against which it was written.</summary>
public class ElsewhereTests
{
    private const TenantMigrationFormat Format = TenantMigrationFormat.GolangMigrate;

    [Fact]
    public async Task Rows_that_are_there_alone_get_the_tenant_who_is_registered_there()
    {
        await using var world = await MigrationWorld.CreateAsync("create table todo_item (id int primary key)");
        await world.Here.InitializeAsync(TenantIdType.Text);
        await world.There.InitializeAsync(TenantIdType.Text);
        await world.Here.RegisterAsync("acme");
        await world.There.RunAsync("insert into todo_item values (1), (2)");

        await UpAsync(world, new EnableRequest(DefaultTenant: "acme"), "todo_item");

        Assert.Equal(["1", "2"], await world.There.AsTenantAsync("acme", "select id from todo_item order by 1"));
    }

    [Fact]
    public async Task Each_row_becomes_whose_the_expression_says_and_one_for_which_it_says_nothing_stops_it_before_anything_is_enforced()
    {
        await using var world = await MigrationWorld.CreateAsync("create table account (id int primary key, tenant_name text); create table todo_item (id int primary key, account_id int)");
        await world.There.RunAsync("insert into account values (1, 'acme'), (2, 'globex'); insert into todo_item values (1, 1), (2, 2), (3, 9)");
        var request = new EnableRequest { Backfill = "select a.tenant_name from account a where a.id = t.account_id" };

        var failure = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => UpAsync(world, request, "todo_item"));
        var isEnforced = await world.There.ValueAsync<bool>("select relrowsecurity from pg_class where relname = 'todo_item'");
        await world.There.RunAsync("delete from todo_item where id = 3");
        await MigrationWorld.Tool(Format).UpAsync(world.Folder, world.There.Test.AdminConnectionString);
        await world.There.Database.ForgetInstallationAsync();
        await world.There.RegisterAsync("acme", "globex");

        Assert.Equal(RowCheck.SqlState, failure.SqlState);
        Assert.Contains("1 rows of public.todo_item", failure.MessageText, StringComparison.Ordinal);
        Assert.False(isEnforced);
        Assert.Equal(["1"], await world.There.AsTenantAsync("acme", "select id from todo_item"));
        Assert.Equal(["2"], await world.There.AsTenantAsync("globex", "select id from todo_item"));
    }

    [Fact]
    public async Task A_database_that_was_initialised_there_keeps_what_it_had_on_the_way_back()
    {
        await using var world = await MigrationWorld.CreateAsync("create table todo_item (id int primary key)");
        await world.There.InitializeAsync(TenantIdType.Text);
        await world.There.RegisterAsync("globex");
        var before = await CatalogSnapshot.TakeAsync(world.There.Test);

        await UpAsync(world, new EnableRequest(), "todo_item");
        await MigrationWorld.Tool(Format).DownAsync(world.Folder, world.There.Test.AdminConnectionString);

        Assert.Equal(before, (await CatalogSnapshot.TakeAsync(world.There.Test)).Where(l => !l.Contains("schema_migrations", StringComparison.Ordinal)));
        Assert.Equal("globex", await world.There.ValueAsync<string>("select id from tenants.tenant"));
    }

    [Fact]
    public async Task Tenants_of_another_type_there_are_refused()
    {
        await using var world = await MigrationWorld.CreateAsync("create table todo_item (id int primary key)");
        await world.There.InitializeAsync(TenantIdType.Uuid);

        var failure = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => UpAsync(world, new EnableRequest(), "todo_item"));

        Assert.Contains("of type uuid", failure.MessageText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_table_s_owner_there_goes_on_seeing_all_rows()
    {
        await using var world = await MigrationWorld.CreateAsync("create table todo_item (id int primary key)");
        var (owner, connectionString) = await world.There.Test.CreateLoginAsync("owner");
        await TestDatabase.ExecuteAsync(world.There.Test.Superuser, $"grant {owner} to {world.There.Test.AdminLogin}; alter table todo_item owner to {owner}; grant create, usage on schema public to {owner}; insert into todo_item values (1)");

        await UpAsync(world, new EnableRequest(DefaultTenant: "acme"), "todo_item");

        Assert.Equal(1, await TestDatabase.ScalarAsync<long>(world.There.Test.CreateSource(connectionString), "select count(*) from todo_item"));
    }

    [Fact]
    public async Task Where_nothing_is_missing_there_is_no_file()
    {
        await using var world = await MigrationWorld.CreateAsync("create table todo_item (id int primary key)");
        await world.Here.EnableAsync("todo_item");

        Assert.True((await world.DraftAsync(Format, new EnableRequest(), ["todo_item"])).IsEmpty);
    }

    [Fact]
    public async Task Only_what_is_missing_is_written()
    {
        await using var world = await MigrationWorld.CreateAsync("create table todo_item (id int primary key)");
        await world.Here.EnableAsync("todo_item");
        await world.Here.RunAsync("alter table todo_item no force row level security");

        var files = await world.WriteAsync(TenantMigrationFormat.Dbmate, new EnableRequest(), "todo_item");

        var text = Assert.Single(files).Text;
        Assert.Contains("alter table \"public\".\"todo_item\" force row level security;", text, StringComparison.Ordinal);
        Assert.DoesNotContain("create ", text.Replace("create role", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static async Task UpAsync(MigrationWorld world, EnableRequest request, params string[] tables)
    {
        var tool = MigrationWorld.Tool(Format);
        tool.Begin(world.Folder);
        await world.WriteAsync(Format, request, tables);
        await tool.UpAsync(world.Folder, world.There.Test.AdminConnectionString);
    }
}
