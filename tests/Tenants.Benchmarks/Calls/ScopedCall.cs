using System.Diagnostics;
using Npgsql;
using Tenants.Benchmarks.Measuring;
using Tenants.Benchmarks.Rows;

namespace Tenants.Benchmarks.Calls;

/// <summary>One call that stands alone: the tenant entered, the statement, the commit, the connection cleaned.</summary>
internal sealed class ScopedCall : IMeasurement
{
    private const string Sql = "select count(*) from generate_series(1, 10)";
    private const int Calls = 300;

    private const string Script = """
        for ($i = 0; $i -lt $args[1]; $i++) { $null = Invoke-TenantQuery -Tenant acme $args[0] }
        """;

    /// <inheritdoc/>
    public string Name => "call";

    /// <inheritdoc/>
    public string What => "One scoped call, warm";

    /// <inheritdoc/>
    public string Against => "floor: the statement alone by the driver, over an open connection, without a transaction";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var world = await RowWorld.OfAsync(bench, cancellationToken);
        await using var connection = await world.Database.Admin.OpenConnectionAsync(cancellationToken);

        // The compiler takes its time with what is called often.
        world.Database.Shell.Run(Script, Sql, Calls * 3);
        var pairs = await Pairs.RunAsync(
            bench.Pairs * 2,
            () => Task.FromResult(world.Database.Shell.Time(Script, Sql, Calls) / Calls),
            () => RunRawAsync(connection, cancellationToken),
            cancellationToken);
        return [Figure.BeyondFloor("", pairs, milliseconds: 0.25)];
    }

    private static async Task<double> RunRawAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < Calls; i++)
        {
            await using var command = new NpgsqlCommand(Sql, connection);
            await command.ExecuteScalarAsync(cancellationToken);
        }

        return clock.Elapsed.TotalSeconds / Calls;
    }
}
