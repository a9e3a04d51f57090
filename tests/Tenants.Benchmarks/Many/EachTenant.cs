using System.Globalization;
using System.Text.RegularExpressions;
using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Many;

/// <summary>A small query for each of many tenants.</summary>
internal sealed partial class EachTenant : IMeasurement
{
    private const string Sql = "select count(*) from item";
    private const int Connections = 4;

    /// <inheritdoc/>
    public string Name => "each-tenant";

    /// <inheritdoc/>
    public string What => "A small query for each of many tenants";

    /// <inheritdoc/>
    public string Against => "peer: pgbench with as many connections, each transaction scoped by hand (setting, role, statement, commit, clean-up) and sent as one pipeline";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var world = await ManyWorld.OfAsync(bench, cancellationToken);
        var script = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(script, Peer(world.Tenants), cancellationToken);
            return
            [
                await CompareAsync("the pipeline", $"Get-Tenant | Invoke-TenantQuery '{Sql}' -ThrottleLimit {Connections}", Connections, Goal.AtLeast(0.7)),
                await CompareAsync("-AllTenants", $"Invoke-TenantQuery -AllTenants '{Sql}' -ThrottleLimit {Connections}", Connections, Goal.AtLeast(0.7)),
                await CompareAsync("-AllTenants", $"Invoke-TenantQuery -AllTenants '{Sql}' -ThrottleLimit 1", 1, Goal.None),
            ];
        }
        finally
        {
            File.Delete(script);
        }

        // Both as the time that one tenant takes.
        async Task<Figure> CompareAsync(string way, string ours, int connections, Goal goal)
        {
            string[] pgbench = ["-n", "-M", "extended", "-c", Text(connections), "-j", "1", "-T", bench.IsQuick ? "2" : "5", "-f", script];
            var pairs = await Pairs.RunAsync(
                bench.IsQuick ? 2 : 3,
                () => Task.FromResult(world.Database.Shell.Time($"{ours} | Receive-Object") / world.Tenants),
                async () => 1 / Rate(await ServerPrograms.RunAsync("pgbench", bench.Binaries, world.Database.ConnectionString, pgbench, cancellationToken)),
                cancellationToken);
            var what = $"{world.Tenants:#,0} by {way}, {connections} {(connections == 1 ? "connection" : "connections")}";
            return new Figure(what, new Amount(1 / pairs.Ours, Unit.PerSecond), 1 / pairs.Ratio, goal) { Peer = new Amount(1 / pairs.Theirs, Unit.PerSecond) };
        }
    }

    private static string Peer(int tenants) => $"""
        \set t random(0, {tenants - 1})
        \startpipeline
        begin read only;
        select set_config('app.tenant', 'tenant' || :t, true), set_config('role', 'bench_hand', true);
        select count(*) from hand_item;
        commit;
        discard all;
        \endpipeline

        """;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static double Rate(string output) => double.Parse(TransactionsPerSecond().Match(output).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"tps = ([0-9.]+) \(without")]
    private static partial Regex TransactionsPerSecond();
}
