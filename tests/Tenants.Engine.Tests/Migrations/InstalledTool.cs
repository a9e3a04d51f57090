using System.Diagnostics;
using Xunit;

namespace Tenants.Engine.Tests.Migrations;

/// <summary>A program that is on the PATH, or not.</summary>
internal static class InstalledTool
{
    /// <summary>Where it is; null where it is not installed.</summary>
    public static string? Find(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .SelectMany(p => new[] { Path.Combine(p, program), Path.Combine(p, program + ".exe") }).FirstOrDefault(File.Exists);

    /// <summary>Runs it; gives its exit code, and all that it said.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string program, IEnumerable<string> arguments, Action<ProcessStartInfo>? prepare = null)
    {
        var start = new ProcessStartInfo(Find(program)!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        prepare?.Invoke(start);
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output + await errors);
    }
}
