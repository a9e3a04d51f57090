using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Reporting;

/// <summary>The figures as tables in Markdown: what stands between two marks of docs/performance.md.</summary>
internal static class PerformanceDocument
{
    private const string Begin = "<!-- figures: begin, written by build.ps1 bench -->";
    private const string End = "<!-- figures: end -->";

    /// <summary>Puts the figures of a run in the place of those that stand there.</summary>
    public static string Update(string document, IReadOnlyList<Result> results, string machine)
    {
        var begin = document.IndexOf(Begin, StringComparison.Ordinal);
        var end = document.IndexOf(End, StringComparison.Ordinal);
        return begin < 0 || end < begin
            ? throw new TenantException("DocumentNotOurs", TenantErrorKind.InvalidState, $"The document lacks the marks between which the figures stand: {Begin} and {End}.")
            : $"{document[..begin]}{Begin}\n\n{machine}\n\n{Table(results)}\n\n{document[end..]}";
    }

    /// <summary>What it was measured on.</summary>
    public static string Machine(Bench bench, string host)
    {
        var engine = FileVersionInfo.GetVersionInfo(typeof(System.Management.Automation.PSObject).Assembly.Location).ProductVersion?.Split('+', ' ')[0];
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 1e9;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{DateTime.UtcNow:yyyy-MM-dd}; {Environment.ProcessorCount} processors, {memory:0} GB, {RuntimeInformation.OSDescription} ({RuntimeInformation.OSArchitecture}); PostgreSQL {bench.ServerVersion} on the same machine over the loopback, durability off; {RuntimeInformation.FrameworkDescription}; PowerShell's engine {engine}; cold processes in {host}{(bench.IsQuick ? "; smaller sizes (bench quick)" : "")}.");
    }

    /// <summary>The table.</summary>
    public static string Table(IReadOnlyList<Result> results)
    {
        List<string> lines =
        [
            "| what | ours | floor | peer | figure | goal | met |",
            "| --- | ---: | ---: | ---: | ---: | ---: | --- |",
        ];
        foreach (var result in results)
        {
            lines.AddRange(result.Figures.Select(f =>
                $"| {result.Title(f)} | {f.Ours} | {f.Floor} | {f.Peer} | {f.Goal.Write(f.Value)} | {f.Goal} | {(f.Goal.Share(f.Value) is null ? "" : f.IsMissed ? "**no**" : "yes")} |"));
            if (result.Failure is { } failure)
            {
                lines.Add($"| {result.Measurement.What} | did not run: {failure.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal)} | | | | | **no** |");
            }
        }

        lines.AddRange(["", "What each is held against:", ""]);
        lines.AddRange(results.Where(r => r.Measurement.Against.Length > 0).Select(r => $"- {r.Measurement.What} (`{r.Measurement.Name}`): {r.Measurement.Against}."));
        return string.Join('\n', lines);
    }
}
