using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Rows;

/// <summary>Many rows into a variable: how long, and how much memory they take there.</summary>
internal sealed class RowsIntoVariable : IMeasurement
{
    /// <inheritdoc/>
    public string Name => "rows-variable";

    /// <inheritdoc/>
    public string What => "Rows of five columns into a variable";

    /// <inheritdoc/>
    public string Against => "peer: the driver's reader, a PSObject with note properties for each row, without row security";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var world = await RowWorld.OfAsync(bench, cancellationToken);
        var shell = world.Database.Shell;
        var (ourBytes, theirBytes) = (0L, 0L);
        var pairs = await Pairs.RunAsync(
            bench.IsQuick ? 3 : 5,
            () => Fill("$rows = Invoke-TenantQuery -Tenant acme $args[0]", out ourBytes, RowWorld.Query),
            () => Fill("$rows = Invoke-PeerQuery $args[0] $args[1]", out theirBytes, world.Database.Admin, RowWorld.PlainQuery),
            cancellationToken);
        return
        [
            Figure.FasterThanPeer($"{bench.Rows:#,0} rows: time", pairs, Goal.AtLeast(4)),
            new Figure($"{bench.Rows:#,0} rows: memory", new Amount(ourBytes, Unit.Bytes), (double)theirBytes / ourBytes, Goal.AtLeast(3)) { Peer = new Amount(theirBytes, Unit.Bytes) },
        ];

        double Fill(string script, out long bytes, params object?[] arguments)
        {
            shell.Run("$rows = $null");
            var before = BenchShell.Collect();
            var took = shell.Time(script, arguments);
            bytes = BenchShell.Collect() - before;
            return shell.Number("$rows.Count") == bench.Rows ? took : throw new InvalidOperationException("Not all rows came.");
        }
    }
}
