using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Plans;
using Tenants.Engine.Tenants;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Tables;

/// <summary>A database in which tables are enabled as the cmdlets do it; not initialised until the first one is.</summary>
internal sealed class TableWorld : IAsyncDisposable
{
    private TableWorld(TestDatabase test, TenantDatabase database)
    {
        Test = test;
        Database = database;
    }

    public TestDatabase Test { get; }

    public TenantDatabase Database { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<TableWorld> CreateAsync(string? sql = null)
    {
        var test = await TestDatabase.CreateAsync();
        var database = await TenantDatabase.OpenAsync(new ConnectionSettings(test.AdminConnectionString), Cancellation);
        var world = new TableWorld(test, database);
        if (sql is not null)
        {
            await world.RunAsync(sql);
        }

        return world;
    }

    /// <summary>The same over new connections, which begin with what was set for the database meanwhile. The former are closed.</summary>
    public async Task<TableWorld> ReconnectAsync()
    {
        await Database.DisposeAsync();
        return new TableWorld(Test, await TenantDatabase.OpenAsync(new ConnectionSettings(Test.AdminConnectionString), Cancellation));
    }

    /// <summary>Initialises the database for tenants of a type.</summary>
    public async Task InitializeAsync(TenantIdType type)
    {
        var (plan, _) = await InitializePlanner.PlanAsync(Database, type, cancellationToken: Cancellation);
        await PlanRunner.RunAsync(Database, plan, cancellationToken: Cancellation);
    }

    /// <summary>Runs SQL as the admin, over a connection of another tool.</summary>
    public Task<int> RunAsync(string sql) => Test.ExecuteAsync(sql);

    /// <summary>One value, as the admin, over a connection of another tool.</summary>
    public Task<T?> ValueAsync<T>(string sql) => Test.ScalarAsync<T>(sql);

    public async Task RegisterAsync(params string[] tenants)
    {
        foreach (var tenant in tenants)
        {
            await Test.ExecuteAsync("insert into tenants.tenant (id) values ($1) on conflict do nothing", tenant);
        }
    }

    public async Task<TableInfo> FindAsync(string table) => Assert.Single(await TableFinder.FindAsync(Database, table, cancellationToken: Cancellation));

    public async Task<EnablePlan> PlanAsync(string table, string? column = null, string? defaultTenant = null) =>
        await EnablePlanner.PlanAsync(Database, await FindAsync(table), new EnableRequest(column, defaultTenant), cancellationToken: Cancellation);

    /// <summary>Enables a table, and sees to it that nothing is missing then.</summary>
    public async Task<TenantRls> EnableAsync(string table, string? column = null, string? defaultTenant = null)
    {
        var planned = await PlanAsync(table, column, defaultTenant);
        await PlanRunner.RunAsync(Database, planned.Plan, cancellationToken: Cancellation);
        var again = await PlanAsync(table, column, defaultTenant);
        Assert.Empty(again.Plan.Steps);
        var rls = await RlsAsync(planned.Table.DisplayName);
        Assert.Empty(rls.Missing);
        Assert.Equal(TenantRlsState.On, rls.State);
        return rls;
    }

    public async Task DisableAsync(string table, bool removeColumn = false)
    {
        var plan = await DisablePlanner.PlanAsync(Database, await FindAsync(table), removeColumn, Cancellation);
        await PlanRunner.RunAsync(Database, plan, cancellationToken: Cancellation);
        Assert.Empty((await DisablePlanner.PlanAsync(Database, await FindAsync(table), removeColumn, Cancellation)).Steps);
    }

    public async Task<TenantRls> RlsAsync(string table) =>
        Assert.Single(await RlsReader.ReadAsync(Database, [await FindAsync(table)], Cancellation));

    public async Task<TenantException> FailsAsync(string errorId, string table, string? column = null, string? defaultTenant = null)
    {
        var failure = await Assert.ThrowsAsync<TenantException>(() => PlanAsync(table, column, defaultTenant));
        Assert.Equal(errorId, failure.ErrorId);
        return failure;
    }

    /// <summary>Runs one statement as a tenant, in the way the module does; gives the first column of its rows as text.</summary>
    public async Task<List<string?>> AsTenantAsync(string tenant, string sql)
    {
        var installation = await Database.GetInstallationAsync(Cancellation);
        var isolation = await Database.GetIsolationAsync(Cancellation);
        await isolation.PrepareAsync(Cancellation);
        await using var connection = await Database.OpenConnectionAsync(Cancellation);
        await using var transaction = await connection.BeginTransactionAsync(Cancellation);
        await using (var enter = new NpgsqlBatch(connection))
        {
            foreach (var command in isolation.Enter(connection, TenantId.Parse(tenant, installation.TenantType)))
            {
                enter.BatchCommands.Add(command);
            }

            await enter.ExecuteNonQueryAsync(Cancellation);
        }

        var rows = new List<string?>();
        await using (var command = new NpgsqlCommand(sql, connection))
        await using (var reader = await command.ExecuteReaderAsync(Cancellation))
        {
            while (await reader.ReadAsync(Cancellation))
            {
                rows.Add(reader.IsDBNull(0) ? null : reader.GetValue(0).ToString());
            }
        }

        await transaction.CommitAsync(Cancellation);
        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await Test.DisposeAsync();
    }
}
