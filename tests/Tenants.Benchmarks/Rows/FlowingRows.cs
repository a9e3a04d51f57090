using System.Management.Automation;
using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Rows;

/// <summary>Whether memory stays flat while rows flow.</summary>
internal sealed class FlowingRows : IMeasurement
{
    private const string Script = """
        $seen = 0
        Invoke-TenantQuery -Tenant acme $args[0] | ForEach-Object { if (++$seen % $args[1] -eq 0) { [GC]::GetTotalMemory($true) } }
        """;

    /// <inheritdoc/>
    public string Name => "rows-flowing";

    /// <inheritdoc/>
    public string What => "Memory while rows flow";

    /// <inheritdoc/>
    public string Against => "floor: what is held after the first tenth of them";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var world = await RowWorld.OfAsync(bench, cancellationToken);
        var rows = bench.Rows * 10L;
        var query = $"select i::int as id, 'title of item ' || i as title, i / 100.0 as amount, now() as created, i % 3 = 0 as done from (select generate_series(1, {rows}) as i) s";
        var held = world.Database.Shell.Run(Script.Replace("$args[1]", $"{rows / 10}", StringComparison.Ordinal), query).Select(LanguagePrimitives.ConvertTo<double>).ToArray();
        var most = held[1..].Max();
        return [new Figure($"{rows:#,0} rows", new Amount(most, Unit.Bytes), most / held[0], Goal.AtMost(1.1)) { Floor = new Amount(held[0], Unit.Bytes) }];
    }
}
