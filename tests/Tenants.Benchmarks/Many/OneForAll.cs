using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Many;

/// <summary>What one statement of the admin's over all tenants saves, where such a one can be written.</summary>
internal sealed class OneForAll : IMeasurement
{
    /// <inheritdoc/>
    public string Name => "one-for-all";

    /// <inheritdoc/>
    public string What => "A count for each of many tenants by -AsAdmin, one statement with GROUP BY tenant";

    /// <inheritdoc/>
    public string Against => "peer: the same by -AllTenants, which asks each tenant; the figure says how many times longer that takes";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var world = await ManyWorld.OfAsync(bench, cancellationToken);
        var pairs = await Pairs.RunAsync(
            bench.IsQuick ? 2 : 3,
            () => world.Database.Shell.Time("Invoke-TenantQuery -AsAdmin 'select tenant, count(*) from item group by tenant' | Receive-Object"),
            () => world.Database.Shell.Time("Invoke-TenantQuery -AllTenants 'select count(*) from item' | Receive-Object"),
            cancellationToken);
        return [Figure.FasterThanPeer($"{world.Tenants:#,0} tenants", pairs, Goal.None)];
    }
}
