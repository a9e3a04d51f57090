using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Starting;

/// <summary>The import of the module in a process that was just started.</summary>
internal sealed class ImportModule : IMeasurement
{
    /// <inheritdoc/>
    public string Name => "import";

    /// <inheritdoc/>
    public string What => "Import of the module in a cold process, the whole process";

    /// <inheritdoc/>
    public string Against => "floor: the import of a binary module with one cmdlet that does nothing";

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var host = PowerShellHost.Find();
        var pairs = await Pairs.RunAsync(
            bench.IsQuick ? 5 : 15,
            () => ImportAsync(Repository.Manifest),
            () => ImportAsync(Repository.Built("Tenants.Benchmarks.EmptyModule", "Tenants.Benchmarks.EmptyModule.dll", "net8.0")),
            cancellationToken);
        return [Figure.BeyondFloor($"in {host.Name}", pairs, milliseconds: 80)];

        async Task<double> ImportAsync(string module) => (await host.RunAsync($"Import-Module {PowerShellHost.Quote(module)}", cancellationToken)).Seconds;
    }
}
