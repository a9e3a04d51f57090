using System.Diagnostics;

namespace Tenants.PowerShell.Tests.Shell;

/// <summary>Runs Tenants.Shell as a user does: as a process, without a terminal.</summary>
internal static class ShellProcess
{
    /// <summary>The shell's assembly, from the same configuration as these tests.</summary>
    public static string Assembly { get; } = Path.GetFullPath(Path.Combine(
        Path.GetDirectoryName(ModuleRunner.Manifest)!,
        "src",
        "Tenants.Shell",
        "bin",
        new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name,
        "net10.0",
        "Tenants.Shell.dll"));

    /// <summary>Starts it and leaves it running.</summary>
    public static Process Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("dotnet", [Assembly, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Runs it to its end.</summary>
    /// <param name="input">What is piped in.</param>
    /// <param name="arguments">Its arguments.</param>
    public static async Task<ShellResult> RunAsync(string input, params string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        await process.WaitForExitAsync(limit.Token);
        return new ShellResult(process.ExitCode, (await output).ReplaceLineEndings("\n"), (await errors).ReplaceLineEndings("\n"));
    }
}
