using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Many;

/// <summary>Many tenants with a few rows each; and the same rows in a table that is scoped by hand, as PostgreSQL's manual shows it.</summary>
internal sealed class ManyWorld : IAsyncDisposable
{
    private ManyWorld(BenchDatabase database, int tenants) => (Database, Tenants) = (database, tenants);

    /// <summary>Where they lie.</summary>
    public BenchDatabase Database { get; }

    /// <summary>How many there are: tenant0 and so on.</summary>
    public int Tenants { get; }

    /// <summary>The one of a run.</summary>
    public static Task<ManyWorld> OfAsync(Bench bench, CancellationToken cancellationToken) => bench.ShareAsync(() => CreateAsync(bench, cancellationToken));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Database.DisposeAsync();

    private static async Task<ManyWorld> CreateAsync(Bench bench, CancellationToken cancellationToken)
    {
        var tenants = bench.IsQuick ? 2_000 : 10_000;
        var database = await BenchDatabase.CreateAsync(bench, "bench_each", cancellationToken);
        await database.ExecuteAsync(
            $"""
            create table item (tenant text not null, id int not null, title text not null);
            insert into item select 'tenant' || i % {tenants}, i, 'title of item ' || i from generate_series(1, {tenants * 5}) i;
            create table hand_item as select * from item;
            create index on item (tenant);
            create index on hand_item (tenant);
            create role bench_hand;
            grant bench_hand to current_user;
            grant select on hand_item to bench_hand;
            alter table hand_item enable row level security;
            alter table hand_item force row level security;
            create policy own on hand_item using (tenant = (select current_setting('app.tenant', true)));
            """,
            cancellationToken);
        database.Shell.Run("Enable-TenantRls item -WarningAction Ignore | Out-Null; 0..($args[0] - 1) | ForEach-Object { \"tenant$_\" } | New-Tenant -Adopt | Out-Null", tenants);
        await database.ExecuteAsync("vacuum analyze item", cancellationToken);
        await database.ExecuteAsync("vacuum analyze hand_item", cancellationToken);
        return new ManyWorld(database, tenants);
    }
}
