using Tenants.Engine.Connections;
using Tenants.Engine.Queries;
using Tenants.Engine.Sessions;
using Tenants.Engine.Tests.Support;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Sealed;

/// <summary>A database with a tenant table, and connections to it in sealed trust.</summary>
internal sealed class SealedWorld : IAsyncDisposable
{
    private readonly List<TenantDatabase> _connections = [];

    private SealedWorld(TenantWorld world) => Base = world;

    public TenantWorld Base { get; }

    public string Schema => Base.Installation.QuotedSchema;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<SealedWorld> CreateAsync()
    {
        var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();
        await world.EnableAsync();
        await world.SuperuserAsync("revoke create on schema public from public");
        return new SealedWorld(world);
    }

    /// <summary>A connection in sealed trust over the admin's credential.</summary>
    public Task<TenantDatabase> ConnectAsync() => ConnectAsync(TimeSpan.FromMinutes(1));

    /// <summary>The same, told how long it holds that made logins are fit.</summary>
    public async Task<TenantDatabase> ConnectAsync(TimeSpan judgementLife)
    {
        var database = await TenantDatabase.OpenAsync(
            new ConnectionSettings(Base.Test.AdminConnectionString) { Trust = TenantTrust.Sealed, JudgementLife = judgementLife }, Token);
        _connections.Add(database);
        return database;
    }

    /// <summary>A connection with an app login alone.</summary>
    public async Task<TenantDatabase> ConnectAsync(AppLogin app)
    {
        var database = await TenantDatabase.OpenAsync(new ConnectionSettings(Base.Test.AdminConnectionString) { App = app, HasAdmin = false }, Token);
        _connections.Add(database);
        return database;
    }

    /// <summary>The first column of all rows, as text.</summary>
    public static async Task<List<string?>> QueryAsync(TenantDatabase database, string tenant, string sql, TimeSpan? timeout = null) =>
        await ReadAsync(await TenantQueries.RunAsync(database, tenant, Query.Parse(sql, QueryParameters.None), new QueryOptions { Timeout = timeout }, Token));

    /// <summary>The first column of all rows, as text.</summary>
    public static async Task<List<string?>> QueryAsync(OpenSession session, string sql) =>
        await ReadAsync(session.Run(Query.Parse(sql, QueryParameters.None), new QueryOptions(), Token));

    public static async Task<TenantException> FailsAsync(string errorId, Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<TenantException>(call);
        Assert.Equal(errorId, failure.ErrorId);
        return failure;
    }

    /// <summary>The module's logins of this database that there are.</summary>
    public Task<List<string>> LoginsAsync(string kind = "%") => TestDatabase.ColumnAsync<string>(
        Base.Test.Superuser, $"select rolname::text from pg_roles where rolname like 'tenants\\_{kind}\\_{Base.Test.Name}%' and rolcanlogin order by 1");

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
        {
            await connection.DisposeAsync();
        }

        await Base.DisposeAsync();
    }

    private static async Task<List<string?>> ReadAsync(QueryCursor cursor)
    {
        await using (cursor)
        {
            var rows = new List<string?>();
            while (await cursor.NextResultAsync())
            {
                while (await cursor.ReadAsync())
                {
                    rows.Add(cursor.Row[0]?.ToString());
                }
            }

            return rows;
        }
    }
}
