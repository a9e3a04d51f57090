using System.Diagnostics;
using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Rows;

/// <summary>How long the first row of a query takes that never ends.</summary>
internal sealed class FirstRow : IMeasurement
{
    private const string Endless = "select i, 'row ' || i as title from (select generate_series(1, 2000000000) as i) s";

    private const string Script = """
        $clock = [Diagnostics.Stopwatch]::StartNew()
        $took = $null
        do { Invoke-TenantQuery -Tenant acme $args[0] | ForEach-Object { $took = $clock.Elapsed.TotalSeconds; break } } while ($false)
        $took
        """;

    /// <inheritdoc/>
    public string Name => "first-row";

    /// <inheritdoc/>
    public string What => "First row of a query that never ends";

    /// <inheritdoc/>
    public string Against => "floor: the driver's reader, over an open connection";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var world = await RowWorld.OfAsync(bench, cancellationToken);
        var pairs = await Pairs.RunAsync(
            bench.Pairs * 2,
            () => Task.FromResult(world.Database.Shell.Number(Script, Endless)),
            () => ReadFirstAsync(world.Database, cancellationToken),
            cancellationToken);
        return [Figure.BeyondFloor("", pairs, milliseconds: 5)];
    }

    private static async Task<double> ReadFirstAsync(BenchDatabase database, CancellationToken cancellationToken)
    {
        await using var connection = await database.Admin.OpenConnectionAsync(cancellationToken);
        await using var command = new Npgsql.NpgsqlCommand(Endless, connection);
        var clock = Stopwatch.StartNew();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var took = clock.Elapsed.TotalSeconds;
        command.Cancel();
        return took;
    }
}
