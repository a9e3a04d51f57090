using System.Diagnostics;

namespace Tenants.Benchmarks.Starting;

/// <summary>Runs whole processes, from their start to their end.</summary>
internal static class ColdProcess
{
    /// <summary>Runs a program to its end.</summary>
    /// <returns>How long that took, in seconds, and what it printed.</returns>
    /// <exception cref="TenantException"><c>ProgramFailed</c>.</exception>
    public static async Task<(double Seconds, string Output)> RunAsync(string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["POWERSHELL_TELEMETRY_OPTOUT"] = "1";
        start.Environment["POWERSHELL_UPDATECHECK"] = "Off";
        var clock = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        var took = clock.Elapsed.TotalSeconds;
        return process.ExitCode == 0 && (await errors).Length == 0
            ? (took, output)
            : throw new TenantException("ProgramFailed", TenantErrorKind.Server, $"{program} failed: {(await errors).Trim()} {output.Trim()}");
    }
}
