using Tenants;
using Tenants.Benchmarks;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, e) =>
{
    e.Cancel = true;
    stop.Cancel();
};

if (args is not [var name, .. var rest] || !name.Equals("online", StringComparison.OrdinalIgnoreCase) || OnlineOptions.Read(rest) is not { } options)
{
    Console.Error.WriteLine($"Usage: bench online {OnlineOptions.Usage}");
    return 64;
}

try
{
    await OnlineBenchmark.RunAsync(options, stop.Token);
    return 0;
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
