using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;
using Tenants.Engine.Tenants;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Support;

/// <summary>A database with two tenants, acme and globex, and ways to be one of them.</summary>
internal sealed class TenantWorld : IAsyncDisposable
{
    private TenantWorld(TestDatabase test, TenantDatabase database, Installation installation)
    {
        Test = test;
        Database = database;
        Installation = installation;
    }

    public TestDatabase Test { get; }

    public TenantDatabase Database { get; }

    public Installation Installation { get; }

    public int Major => Database.ServerVersion.Major;

    /// <summary>Makes it; the admin is no superuser unless told.</summary>
    public static async Task<TenantWorld> CreateAsync(bool asSuperuser = false)
    {
        var test = await TestDatabase.CreateAsync();
        var database = await TenantDatabase.OpenAsync(new ConnectionSettings(asSuperuser ? test.SuperuserConnectionString : test.AdminConnectionString));
        var (plan, _) = await InitializePlanner.PlanAsync(database, TenantIdType.Text);
        await PlanRunner.RunAsync(database, plan);
        await database.ForgetInstallationAsync();
        var installation = await database.GetInstallationAsync();
        var world = new TenantWorld(test, database, installation);
        await world.AdminAsync($"insert into {installation.QuotedSchema}.tenant (id) values ('acme'), ('globex')");
        return world;
    }

    /// <summary>Runs SQL as the admin.</summary>
    public async Task AdminAsync(string sql)
    {
        await using var connection = await Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Runs SQL as the superuser.</summary>
    public Task SuperuserAsync(string sql) => TestDatabase.ExecuteAsync(Test.Superuser, sql);

    /// <summary>One value, as the admin.</summary>
    public Task<T?> AdminValueAsync<T>(string sql) => Test.ScalarAsync<T>(sql);

    /// <summary>
    /// One tenant's statement as the module sends it: begin, context, statement, commit in one pipeline, the statement as one
    /// command of a batch. Gives the first column of its rows.
    /// </summary>
    public async Task<List<T>> TenantAsync<T>(string tenant, string sql)
    {
        var isolation = await Database.GetIsolationAsync(TestContext.Current.CancellationToken);
        await isolation.PrepareAsync(TestContext.Current.CancellationToken);
        await using var connection = await Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        try
        {
            await using var batch = new NpgsqlBatch(connection);
            batch.BatchCommands.Add(new NpgsqlBatchCommand("begin"));
            var entering = isolation.Enter(connection, TenantId.Parse(tenant, TenantIdType.Text));
            foreach (var command in entering)
            {
                batch.BatchCommands.Add(command);
            }

            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql));
            batch.BatchCommands.Add(new NpgsqlBatchCommand("commit"));
            return await ReadAsync<T>(batch, skip: entering.Count);
        }
        finally
        {
            foreach (var cleaning in (string[])["rollback", "discard all"])
            {
                await using var clean = new NpgsqlCommand(cleaning, connection);
                await clean.ExecuteNonQueryAsync();
            }
        }
    }

    /// <summary>The number of rows that a tenant's statement sees.</summary>
    public async Task<int> TenantCountAsync(string tenant, string sql) => (await TenantAsync<object>(tenant, sql)).Count;

    /// <summary>A login that is one tenant's for ever, with the rights of tenants' SQL.</summary>
    public async Task<NpgsqlDataSource> CreateBoundLoginAsync(string tenant)
    {
        var (name, connectionString) = await Test.CreateLoginAsync("bound");
        await SuperuserAsync($"grant \"{Installation.SessionRole}\" to {name}");
        await SuperuserAsync($"insert into {Installation.QuotedSchema}.login (oid, name, kind, tenant) select oid, rolname, 'bound', '{tenant}' from pg_roles where rolname = '{name}'");
        return Test.CreateSource(connectionString);
    }

    /// <summary>Makes a tenant table with one row of each tenant: 'a1' of acme, 'g1' of globex.</summary>
    public async Task CreateTodoAsync(string more = "")
    {
        await AdminAsync($"create table public.todo_item (tenant text not null, title text not null{more})");
        await AdminAsync("insert into public.todo_item (tenant, title) values ('acme', 'a1'), ('globex', 'g1')");
        await AdminAsync("create index on public.todo_item (tenant)");
    }

    /// <summary>Keeps the tenants of a table apart, as Enable-TenantRls does.</summary>
    public async Task EnableAsync(string table = "public.todo_item")
    {
        var enable = await EnablePlanner.PlanAsync(Database, await TableAsync(table), new EnableRequest(), cancellationToken: TestContext.Current.CancellationToken);
        await PlanRunner.RunAsync(Database, enable.Plan, cancellationToken: TestContext.Current.CancellationToken);
    }

    /// <summary>A table's OID.</summary>
    public async Task<uint> OidAsync(string table) => await Test.ScalarAsync<uint>("select $1::text::regclass::oid", table);

    /// <summary>A relation by its name as SQL writes it.</summary>
    public async Task<TableInfo> TableAsync(string table)
    {
        var oid = await OidAsync(table);
        await using var connection = await Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand($"select n.nspname::text, c.relname::text, c.relkind from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = {oid}", connection);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return new TableInfo(oid, reader.GetString(0), reader.GetString(1)) { Kind = reader.GetChar(2) };
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await Test.DisposeAsync();
    }

    private static async Task<List<T>> ReadAsync<T>(NpgsqlBatch batch, int skip)
    {
        var values = new List<T>();
        await using var reader = await batch.ExecuteReaderAsync();
        for (var i = 0; i < skip; i++)
        {
            await reader.NextResultAsync();
        }

        do
        {
            while (reader.FieldCount > 0 && await reader.ReadAsync())
            {
                values.Add(reader.GetFieldValue<T>(0));
            }
        }
        while (await reader.NextResultAsync());
        return values;
    }
}
