using Tenants.Engine.Connections;
using Tenants.Engine.Plans;
using Tenants.Engine.Queries;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Queries;

/// <summary>A database with the tenants acme, globex and the closed one gone, and a tenant table todo_item(id, title, tenant).</summary>
public sealed class QueryDatabase : IAsyncDisposable
{
    private QueryDatabase(TestDatabase test, TenantDatabase database)
    {
        Test = test;
        Database = database;
    }

    public TestDatabase Test { get; }

    public TenantDatabase Database { get; }

    public static async Task<QueryDatabase> CreateAsync()
    {
        var test = await TestDatabase.CreateAsync();
        var database = await TenantDatabase.OpenAsync(new ConnectionSettings(test.AdminConnectionString), TestContext.Current.CancellationToken);
        var (plan, installation) = await InitializePlanner.PlanAsync(database, TenantIdType.Text);
        await PlanRunner.RunAsync(database, plan);
        await test.ExecuteAsync($"""
            insert into tenants.tenant (id, state) values ('acme', 'active'), ('globex', 'active'), ('gone', 'closed');
            create table todo_item (
                id int generated always as identity primary key,
                title text,
                tenant text not null default pg_catalog.current_setting('tenants.tenant', true));
            alter table todo_item enable row level security;
            alter table todo_item force row level security;
            create policy tenant_isolation on todo_item
                using (tenant = (select tenants.current_tenant())) with check (tenant = (select tenants.current_tenant()));
            grant select, insert, update, delete on todo_item to "{installation.SessionRole}";
            """);
        return new QueryDatabase(test, database);
    }

    public async Task<List<object?[]>> RowsAsync(string sql, QueryParameters? parameters = null, string tenant = "acme", QueryOptions? options = null)
    {
        await using var cursor = await TenantQueries.RunAsync(
            Database, tenant, Query.Parse(sql, parameters ?? QueryParameters.None), options ?? new QueryOptions(), TestContext.Current.CancellationToken);
        return await ReadAllAsync(cursor);
    }

    public async Task<object?> ScalarAsync(string sql, QueryParameters? parameters = null) => (await RowsAsync(sql, parameters))[0][0];

    public static async Task<List<object?[]>> ReadAllAsync(QueryCursor cursor)
    {
        var rows = new List<object?[]>();
        while (await cursor.NextResultAsync())
        {
            while (await cursor.ReadAsync())
            {
                rows.Add([.. cursor.Row]);
            }
        }

        return rows;
    }

    public static QueryParameters Named(params (string Name, object? Value)[] values) =>
        QueryParameters.Named(values.ToDictionary(v => v.Name, v => v.Value));

    public async ValueTask DisposeAsync()
    {
        await Database.DisposeAsync();
        await Test.DisposeAsync();
    }
}
