using Tenants.Engine.Queries.Many;

namespace Tenants.Results;

/// <summary>Feeds a query that runs as many tenants, and writes what they give, one tenant after the other; all of it on the pipeline's thread.</summary>
/// <param name="many">The query.</param>
/// <param name="progress">Shows how far it is.</param>
/// <param name="write">Writes an object, or a notice of the server's.</param>
/// <param name="end">Told of each tenant when all of its objects are written.</param>
internal sealed class ManyTenantsWriter(ManyTenantsQuery many, ManyTenantsProgress progress, Action<object?> write, Action<TenantRun> end) : IAsyncDisposable
{
    /// <summary>Adds a tenant, and writes what is there: all that is needed to make room, then no more than is ready.</summary>
    public async Task AddAsync(string tenant)
    {
        while (!many.TryAdd(tenant))
        {
            await WriteNextAsync();
        }

        while (many.TryNext() is { } run)
        {
            await WriteAsync(run);
        }
    }

    /// <summary>Writes all that is still to come.</summary>
    public async Task FinishAsync()
    {
        while (await WriteNextAsync())
        {
        }

        progress.Hide();
    }

    /// <summary>Ends it: what runs is cancelled on the server.</summary>
    public ValueTask DisposeAsync() => many.DisposeAsync();

    private async Task<bool> WriteNextAsync()
    {
        if (await progress.WatchAsync(many.NextAsync()) is not { } run)
        {
            return false;
        }

        await WriteAsync(run);
        return true;
    }

    private async Task WriteAsync(TenantRun run)
    {
        while (await progress.WatchAsync(run.ReadAsync()) is { } batch)
        {
            foreach (var item in batch)
            {
                write(item);
            }
        }

        progress.Add();
        end(run);
    }
}
