using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Rows;

/// <summary>How much memory a value of 100 MB takes on its way.</summary>
internal sealed class BigValue : IMeasurement
{
    private const string Sql = "select repeat('x', 100000000) as big";

    /// <inheritdoc/>
    public string Name => "big-value";

    /// <inheritdoc/>
    public string What => "Memory that one value of 100 MB takes, all allocations together";

    /// <inheritdoc/>
    public string Against => "floor: the driver's GetString";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var world = await RowWorld.OfAsync(bench, cancellationToken);
        var ours = await AllocatedAsync(() => Task.Run(() => world.Database.Shell.Run("$big = Invoke-TenantQuery -Tenant acme $args[0]; $big = $null", Sql), cancellationToken));
        var theirs = await AllocatedAsync(async () =>
        {
            await using var command = world.Database.Admin.CreateCommand(Sql);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            _ = reader.GetString(0);
        });
        return [new Figure("", new Amount(ours, Unit.Bytes), ours / theirs, Goal.AtMost(2)) { Floor = new Amount(theirs, Unit.Bytes) }];
    }

    // The second time, when buffers are there that are kept; the driver's is per thread, so that it may be made anew.
    private static async Task<double> AllocatedAsync(Func<Task> run)
    {
        await run();
        var before = GC.GetTotalAllocatedBytes(precise: true);
        await run();
        return GC.GetTotalAllocatedBytes(precise: true) - before;
    }
}
