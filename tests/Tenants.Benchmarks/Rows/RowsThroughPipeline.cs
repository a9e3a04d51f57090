using Tenants.Benchmarks.Measuring;
using Tenants.Benchmarks.Peers;

namespace Tenants.Benchmarks.Rows;

/// <summary>Many rows through the pipeline, to a script block and to a compiled cmdlet.</summary>
internal sealed class RowsThroughPipeline : IMeasurement
{
    /// <inheritdoc/>
    public string Name => "rows-pipeline";

    /// <inheritdoc/>
    public string What => "Rows of five columns through the pipeline";

    /// <inheritdoc/>
    public string Against => "floor: one constant object written as often to the same receiver, and the driver's typed reading of the rows; their sum";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var world = await RowWorld.OfAsync(bench, cancellationToken);
        var shell = world.Database.Shell;
        var figures = new List<Figure>();
        foreach (var receiver in new[] { "ForEach-Object { }", "Receive-Object" })
        {
            var pairs = await Pairs.RunAsync(
                bench.IsQuick ? 3 : 5,
                () => Task.FromResult(shell.Time($"Invoke-TenantQuery -Tenant acme $args[0] | {receiver}", RowWorld.Query)),
                async () => shell.Time($"Write-Constant $args[0] | {receiver}", bench.Rows)
                    + await TypedReader.ReadAsync(world.Database.Admin, RowWorld.PlainQuery, cancellationToken),
                cancellationToken);
            figures.Add(Figure.OverFloor($"{bench.Rows:#,0} rows to {(receiver.StartsWith('F') ? receiver : "a compiled cmdlet")}", pairs, Goal.AtMost(2)));
        }

        return figures;
    }
}
