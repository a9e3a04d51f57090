using System.Diagnostics;
using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;
using Tenants.Engine.Sandbox;

namespace Tenants.Benchmarks.Online;

/// <summary>
/// Enables a table under traffic, online and in one transaction, and sets side by side how long the traffic waited. The traffic is that of old
/// code, which knows of no tenant; it goes on as the admin, who sees all rows afterwards too.
/// </summary>
internal sealed class OnlineBenchmark(OnlineOptions options, PostgresSandbox sandbox, TenantDatabase database, string folder)
{
    private static readonly TimeSpan s_warmUp = TimeSpan.FromSeconds(5);

    private static readonly EnableRequest s_request = new() { Backfill = BenchmarkTable.Backfill };

    /// <summary>Runs it on a server of its own, and prints the figures.</summary>
    public static async Task RunAsync(OnlineOptions options, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("tenants-bench-").FullName;
        try
        {
            Say("Starting a server ...");
            await using var sandbox = await PostgresSandbox.StartAsync(
                new SandboxOptions
                {
                    Version = options.Version,
                    Settings = new Dictionary<string, string> { ["shared_buffers"] = "512MB", ["max_wal_size"] = "8GB", ["checkpoint_timeout"] = "30min" },
                },
                cancellationToken: cancellationToken);
            await using var database = await TenantDatabase.OpenAsync(new ConnectionSettings(sandbox.GetConnectionString()), cancellationToken);
            await new OnlineBenchmark(options, sandbox, database, folder).RunAsync(cancellationToken);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var superuser = NpgsqlDataSource.Create(sandbox.GetSuperuserConnectionString());
        await using var admin = NpgsqlDataSource.Create(sandbox.GetConnectionString());
        await using (var own = superuser.CreateCommand("alter schema public owner to owner"))
        {
            await own.ExecuteNonQueryAsync(cancellationToken);
        }

        var table = new BenchmarkTable(admin, superuser, options.Rows);
        await table.CreateAccountsAsync(cancellationToken);
        var (initialize, _) = await InitializePlanner.PlanAsync(database, TenantIdType.Text, cancellationToken: cancellationToken);
        await PlanRunner.RunAsync(database, initialize, cancellationToken: cancellationToken);

        Say("One UPDATE without traffic ...");
        await table.CreateAsync("item_plain", cancellationToken);
        var plain = await table.UpdateAsync("item_plain", cancellationToken);
        await table.DropAsync("item_plain", cancellationToken);

        await table.CreateAsync("item_online", cancellationToken);
        Say("Beside a session that computes ...");
        var beside = await MeasureAsync("item_online", _ => new Computing(admin, options.Throttle).RunAsync(TimeSpan.FromSeconds(options.Duration), cancellationToken), cancellationToken);

        Say("Online ...");
        var rate = new BackfillRate();
        var online = await MeasureAsync(
            "item_online",
            found => RolloutRunner.EnableAsync(database, found, s_request, options: new RolloutOptions { Throttle = options.Throttle, OnProgress = rate.See }, cancellationToken: cancellationToken),
            cancellationToken);
        online = online with { RowsPerSecond = rate.RowsPerSecond };
        await table.DropAsync("item_online", cancellationToken);

        Say("In one transaction ...");
        await table.CreateAsync("item_naive", cancellationToken);
        var naive = await MeasureAsync(
            "item_naive",
            async found =>
            {
                var planned = await EnablePlanner.PlanAsync(database, found, s_request, cancellationToken: cancellationToken);
                await PlanRunner.RunAsync(database, planned.Plan, cancellationToken: cancellationToken);
            },
            cancellationToken);
        Console.WriteLine(OnlineReport.Write(options, sandbox.Version, beside, online, naive, plain));
    }

    private async Task<EnableFigures> MeasureAsync(string name, Func<TableInfo, Task> work, CancellationToken cancellationToken)
    {
        var found = (await TableFinder.FindAsync(database, name, cancellationToken: cancellationToken))[0];
        await using var traffic = Traffic.Start(sandbox.BinaryPath, sandbox.GetConnectionString(), folder, name, options);
        await Task.Delay(s_warmUp, cancellationToken);
        var quiet = DateTimeOffset.UtcNow;
        await Task.Delay(TimeSpan.FromSeconds(options.Duration), cancellationToken);
        var begin = DateTimeOffset.UtcNow;
        var clock = Stopwatch.StartNew();
        await work(found);
        var took = clock.Elapsed;
        var end = DateTimeOffset.UtcNow;

        // A transaction that waited for the last step has its say too.
        await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        var log = await traffic.StopAsync();
        return new EnableFigures(log.Between(quiet, begin), log.Between(begin, end), took, null);
    }

    private static void Say(string text) => Console.Error.WriteLine(text);
}
