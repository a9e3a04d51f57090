using System.Globalization;
using Tenants.Engine.Importing;
using Tenants.Engine.Tests.Tables;
using Xunit;

namespace Tenants.Engine.Tests.Importing;

/// <summary>A database with the tenants acme, globex and the closed gone, and one tenant table.</summary>
internal sealed class ImportWorld : IAsyncDisposable
{
    private ImportWorld(TableWorld tables) => Tables = tables;

    public TableWorld Tables { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Makes it.</summary>
    /// <param name="columns">The table's columns beside the tenant's; an <c>id</c> that the server numbers unless given.</param>
    public static async Task<ImportWorld> CreateAsync(string columns = "id int generated always as identity primary key, title text not null, price numeric(10, 2), done boolean not null default false")
    {
        var tables = await TableWorld.CreateAsync($"create table todo_item ({columns})");
        await tables.EnableAsync("todo_item");
        await tables.RegisterAsync("acme", "globex", "gone");
        await tables.RunAsync("update tenants.tenant set state = 'closed' where id = 'gone'");
        return new ImportWorld(tables);
    }

    /// <summary>The same database over a new connection.</summary>
    public static async Task<ImportWorld> AgainAsync(ImportWorld world) => new(await world.Tables.ReconnectAsync());

    /// <summary>An object of names and values.</summary>
    public static (string[] Names, object?[] Values) Item(params (string Name, object? Value)[] properties) =>
        ([.. properties.Select(p => p.Name)], [.. properties.Select(p => p.Value)]);

    public Task<TenantImportResult> ImportAsync(params (string[] Names, object?[] Values)[] items) => ImportAsync(items, "acme");

    public async Task<TenantImportResult> ImportAsync(
        IEnumerable<(string[] Names, object?[] Values)> items, string tenant, ImportOptions? options = null, string table = "todo_item", CancellationToken? cancellation = null)
    {
        await using var import = await TenantImport.OpenAsync(Tables.Database, tenant, table, options ?? new ImportOptions(), cancellation ?? Cancellation);
        await AddAsync(import, items);
        return await import.CompleteAsync();
    }

    public static async Task AddAsync(TenantImport import, IEnumerable<(string[] Names, object?[] Values)> items)
    {
        foreach (var (names, values) in items)
        {
            if (!import.TryAdd(names, values))
            {
                await import.AddAsync(names, values);
            }
        }
    }

    public async Task<TenantException> FailsAsync(string errorId, params (string[] Names, object?[] Values)[] items)
    {
        var failure = await Assert.ThrowsAsync<TenantException>(() => ImportAsync(items));
        Assert.Equal(errorId, failure.ErrorId);
        Assert.Equal(0, await CountAsync());
        return failure;
    }

    /// <summary>All rows of all tenants.</summary>
    public Task<long> CountAsync() => Tables.ValueAsync<long>("select count(*) from todo_item");

    /// <summary>One column of the only row, as the server writes it.</summary>
    public async Task<string?> StoredAsync(string column) => await Tables.ValueAsync<string>(string.Create(CultureInfo.InvariantCulture, $"select ({column})::text from todo_item"));

    public ValueTask DisposeAsync() => Tables.DisposeAsync();
}
