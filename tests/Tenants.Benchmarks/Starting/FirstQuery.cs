using System.Globalization;
using Tenants.Benchmarks.Measuring;
using Tenants.Benchmarks.Rows;

namespace Tenants.Benchmarks.Starting;

/// <summary>The first connection and query of a process that was just started.</summary>
internal sealed class FirstQuery : IMeasurement
{
    private const string Sql = "select 1";

    /// <inheritdoc/>
    public string Name => "first-query";

    /// <inheritdoc/>
    public string What => "First connect and query in a cold process";

    /// <inheritdoc/>
    public string Against => "peer: a console program that does the same by the driver alone; each by the clock of its own process";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var world = await RowWorld.OfAsync(bench, cancellationToken);
        var host = PowerShellHost.Find();
        var client = Repository.Built("Tenants.Benchmarks.Client", "Tenants.Benchmarks.Client.dll");
        var script = $"""
            Import-Module {PowerShellHost.Quote(Repository.Manifest)}
            $clock = [Diagnostics.Stopwatch]::StartNew()
            $null = Connect-TenantDatabase -ConnectionString {PowerShellHost.Quote(world.Database.ConnectionString)} -WarningAction Ignore
            $null = Invoke-TenantQuery -Tenant acme '{Sql}'
            $clock.Elapsed.TotalSeconds.ToString([cultureinfo]::InvariantCulture)
            """;
        var pairs = await Pairs.RunAsync(
            bench.IsQuick ? 5 : 15,
            async () => Number((await host.RunAsync(script, cancellationToken)).Output),
            async () => Number((await ColdProcess.RunAsync("dotnet", [client, world.Database.ConnectionString, Sql], cancellationToken)).Output),
            cancellationToken);
        return [new Figure($"in {host.Name}", new Amount(pairs.Ours, Unit.Seconds), pairs.Ratio, Goal.AtMost(1.5)) { Peer = new Amount(pairs.Theirs, Unit.Seconds) }];
    }

    private static double Number(string output) => double.Parse(output.Trim(), CultureInfo.InvariantCulture);
}
