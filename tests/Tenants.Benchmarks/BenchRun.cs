using Tenants.Benchmarks.Measuring;
using Tenants.Benchmarks.Reporting;
using Tenants.Benchmarks.Starting;

namespace Tenants.Benchmarks;

/// <summary>Runs measurements one after the other, and writes what came of them.</summary>
internal static class BenchRun
{
    // The folders, in the order of the document.
    private static readonly string[] s_subjects = ["Rows", "Calls", "Many", "Policies", "Bulk", "Starting"];

    /// <summary>All measurements, in the order in which the document lists them.</summary>
    public static IReadOnlyList<IMeasurement> All { get; } =
    [
        .. typeof(IMeasurement).Assembly.GetTypes()
            .Where(t => t.IsAssignableTo(typeof(IMeasurement)) && t is { IsClass: true, IsAbstract: false })
            .Select(t => (IMeasurement)Activator.CreateInstance(t)!)
            .OrderBy(m => Array.IndexOf(s_subjects, m.GetType().Namespace!.Split('.')[^1])).ThenBy(m => m.Name, StringComparer.Ordinal),
    ];

    /// <summary>Runs those that are named, or all.</summary>
    /// <returns>True where each met its goals.</returns>
    public static async Task<bool> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        Console.Error.WriteLine("Starting a server ...");
        await using var bench = await Bench.StartAsync(options.IsQuick, options.Version, cancellationToken);
        var results = new List<Result>();
        foreach (var measurement in All.Where(m => options.Names.Count == 0 || options.Names.Contains(m.Name)))
        {
            Console.Error.WriteLine($"{measurement.What} ...");
            results.Add(await MeasureAsync(measurement, bench, cancellationToken));
        }

        var machine = PerformanceDocument.Machine(bench, PowerShellHost.Find().Name);
        Console.WriteLine($"{machine}\n\n{PerformanceDocument.Table(results)}");
        if (options.Writes || (!options.IsQuick && options.Names.Count == 0))
        {
            var document = Path.Combine(Repository.Root, "docs", "performance.md");
            await File.WriteAllTextAsync(document, PerformanceDocument.Update(await File.ReadAllTextAsync(document, cancellationToken), results, machine), cancellationToken);
            await File.WriteAllTextAsync(Path.ChangeExtension(document, ".svg"), Chart.Draw(results), cancellationToken);
        }

        return !results.Exists(r => r.IsMissed);
    }

    // One that cannot run says so in its place, and the others go on.
    private static async Task<Result> MeasureAsync(IMeasurement measurement, Bench bench, CancellationToken cancellationToken)
    {
        try
        {
            return new Result(measurement, await measurement.RunAsync(bench, cancellationToken));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            return new Result(measurement, [], e.Message);
        }
    }
}
