using Tenants.Engine.Connections;
using Tenants.Engine.Importing;
using Tenants.Engine.Isolation.Logins;
using Tenants.Engine.Tests.Sealed;
using Tenants.Engine.Tests.Tables;
using Tenants.Testing;
using Xunit;
using static Tenants.Engine.Tests.Importing.ImportWorld;

namespace Tenants.Engine.Tests.Importing;

/// <summary>Tables, tenants and ways to the server of every kind.</summary>
public class ImportPlacesTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TenantIdType.Uuid, "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")]
    [InlineData(TenantIdType.Bigint, "9000000000", "9000000000")]
    [InlineData(TenantIdType.Integer, "5", "5")]
    public async Task A_partitioned_table_of_any_name_takes_rows_of_tenants_of_any_type(TenantIdType type, string tenant, string stored)
    {
        const string Name = "Die \"Aufträge\" mit einem Namen, der gerade noch passt: 63 Byte";
        var quoted = $"\"{Name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        await using var world = await TableWorld.CreateAsync($"create table {quoted} (n int, title text) partition by range (n); create table low partition of {quoted} for values from (0) to (100); create table high partition of {quoted} default");
        await world.InitializeAsync(type);
        await world.EnableAsync(Name);
        await world.RegisterAsync(stored);

        await using var import = await TenantImport.OpenAsync(world.Database, tenant, Name, new ImportOptions(), Cancellation);
        await AddAsync(import, [Item(("n", 1), ("title", "a")), Item(("n", 1000), ("title", "b"))]);
        var result = await import.CompleteAsync();
        Assert.Equal((2L, stored), (result.Rows, result.Tenant));

        Assert.Equal($"{stored}:1,{stored}:1000", await world.ValueAsync<string>($"select string_agg(tenant || ':' || n, ',' order by n) from {quoted}"));
        Assert.Equal("TableNotSupported", (await Assert.ThrowsAsync<TenantException>(() => TenantImport.OpenAsync(world.Database, tenant, "low", new ImportOptions(), Cancellation))).ErrorId);
    }

    [Fact]
    public async Task Tenants_may_import_into_a_shared_table_that_they_may_write()
    {
        await using var world = await CreateAsync();
        await world.Tables.RunAsync("""
            create table country (code text);
            insert into tenants.shared_table (oid, writable) select 'country'::regclass, true;
            do $$begin execute format('grant insert on country to %I', (select value from tenants.setting where name = 'session_role')); end$$;
            """);

        Assert.Equal(1, (await world.ImportAsync([Item(("code", "de"))], "acme", table: "country")).Rows);
    }

    [Fact(SkipUnless = nameof(PgBouncer.IsExpected), SkipType = typeof(PgBouncer), Skip = "there is no pgbouncer on this machine")]
    public async Task Over_an_app_login_behind_a_pooler_it_is_one_transaction_too()
    {
        await using var world = await SealedWorld.CreateAsync();
        var registry = await LoginRegistry.OpenAsync(world.Base.Database, Cancellation);
        var made = await registry.CreateAsync(new LoginRequest(TenantLoginKind.App), Cancellation);
        world.Base.Test.RegisterRole(made.Name);
        await using var pooler = await PgBouncer.StartAsync(new PgBouncerOptions { PoolSize = 1 });
        await using var database = await TenantDatabase.OpenAsync(
            new ConnectionSettings(pooler.Through(world.Base.Test.AdminConnectionString)) { App = new AppLogin(made.Name, made.Password, made.Key!), HasAdmin = false }, Cancellation);
        await using (var import = await TenantImport.OpenAsync(database, "acme", "todo_item", new ImportOptions(), Cancellation))
        {
            await AddAsync(import, Enumerable.Range(0, 20_000).Select(i => Item(("title", $"item {i}"))));
            Assert.Equal(20_000, (await import.CompleteAsync()).Rows);
        }

        await using (var import = await TenantImport.OpenAsync(database, "acme", "todo_item", new ImportOptions(), Cancellation))
        {
            await AddAsync(import, [Item(("title", "fine")), Item(("title", null))]);
            Assert.StartsWith("Object 2, column 'title'", (await Assert.ThrowsAsync<TenantException>(import.CompleteAsync)).Message, StringComparison.Ordinal);
        }

        Assert.Equal(["1"], await SealedWorld.QueryAsync(database, "globex", "select count(*) from todo_item"));
        Assert.Equal(["20001"], await SealedWorld.QueryAsync(database, "acme", "select count(*) from todo_item"));
    }
}
