using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Rows;

/// <summary>A table of many rows of one tenant's, with five columns; and the same without row security, for the peers.</summary>
internal sealed class RowWorld : IAsyncDisposable
{
    /// <summary>What is read, as the tenant.</summary>
    public const string Query = "select id, title, amount, created, done from item";

    /// <summary>The same without row security.</summary>
    public const string PlainQuery = "select id, title, amount, created, done from plain_item where tenant = 'acme'";

    private RowWorld(BenchDatabase database) => Database = database;

    /// <summary>Where it lies.</summary>
    public BenchDatabase Database { get; }

    /// <summary>The one of a run.</summary>
    public static Task<RowWorld> OfAsync(Bench bench, CancellationToken cancellationToken) => bench.ShareAsync(() => CreateAsync(bench, cancellationToken));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Database.DisposeAsync();

    private static async Task<RowWorld> CreateAsync(Bench bench, CancellationToken cancellationToken)
    {
        var database = await BenchDatabase.CreateAsync(bench, "bench_rows", cancellationToken);
        foreach (var table in new[] { "item", "plain_item" })
        {
            await database.ExecuteAsync(
                $"""
                create table {table} (tenant text not null, id int not null, title text not null, amount numeric(12, 2) not null, created timestamptz not null, done boolean not null);
                insert into {table} select 'acme', i, 'title of item ' || i, i / 100.0, timestamptz '2026-01-01' + i * interval '1 minute', i % 3 = 0 from generate_series(1, {bench.Rows}) i;
                create index on {table} (tenant)
                """,
                cancellationToken);
        }

        database.Shell.Run("Enable-TenantRls item -WarningAction Ignore | Out-Null; New-Tenant acme, globex -Adopt | Out-Null");
        await database.ExecuteAsync("vacuum analyze item", cancellationToken);
        await database.ExecuteAsync("vacuum analyze plain_item", cancellationToken);
        return new RowWorld(database);
    }
}
