using Tenants;
using Tenants.Benchmarks;
using Tenants.Benchmarks.Online;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};

try
{
    if (args is [var name, .. var rest] && name.Equals("online", StringComparison.OrdinalIgnoreCase) && OnlineOptions.Read(rest) is { } online)
    {
        await OnlineBenchmark.RunAsync(online, stop.Token);
        return 0;
    }

    if (BenchOptions.Read(args) is { } options)
    {
        return await BenchRun.RunAsync(options, stop.Token) ? 0 : 1;
    }

    Console.Error.WriteLine($"Usage: bench {BenchOptions.Usage}\n       bench online {OnlineOptions.Usage}\nMeasurements: {string.Join(", ", BenchRun.All.Select(m => m.Name))}");
    return 64;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    Console.Error.WriteLine("Stopped.");
    return 130;
}
catch (TenantException e)
{
    Console.Error.WriteLine($"{e.ErrorId}: {e.Message}");
    return 1;
}
