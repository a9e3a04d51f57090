using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Bulk;

/// <summary>An insert-select that leaves the tenant to the column's default, against one that gives it.</summary>
internal sealed class DefaultTenant : IMeasurement
{
    /// <inheritdoc/>
    public string Name => "default-tenant";

    /// <inheritdoc/>
    public string What => "Insert-select that leaves the tenant to the column's default";

    /// <inheritdoc/>
    public string Against => "floor: the same with the tenant given, into the same table";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        await using var database = await BenchDatabase.CreateAsync(bench, "bench_default", cancellationToken);
        await database.ExecuteAsync("create table item (id int not null, title text not null)", cancellationToken);
        database.Shell.Run("Enable-TenantRls item -WarningAction Ignore | Out-Null; New-Tenant acme | Out-Null");
        var pairs = await Pairs.RunAsync(
            bench.IsQuick ? 3 : 7,
            () => InsertAsync("insert into item (id, title)", ""),
            () => InsertAsync("insert into item (tenant, id, title)", "'acme', "),
            cancellationToken);
        return [Figure.OverFloor($"{bench.Rows:#,0} rows", pairs, Goal.AtMost(1.1))];

        async Task<double> InsertAsync(string into, string tenant)
        {
            await database.ExecuteAsync("truncate item", cancellationToken);
            return database.Shell.Time($"Invoke-TenantQuery -Tenant acme \"{into} select {tenant}i, 'title of item ' || i from generate_series(1, {bench.Rows}) i\"");
        }
    }
}
