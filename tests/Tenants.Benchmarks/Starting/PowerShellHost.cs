using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Starting;

/// <summary>The PowerShell that cold processes are started of: the one on the PATH, else this repository's own shell.</summary>
internal sealed class PowerShellHost
{
    private readonly string _program;
    private readonly string[] _arguments;

    private PowerShellHost(string program, string[] arguments) => (_program, _arguments) = (program, arguments);

    /// <summary>Its name.</summary>
    public string Name => Path.GetFileNameWithoutExtension(_program) == "dotnet" ? "the repository's own shell" : "pwsh";

    /// <summary>Finds it.</summary>
    public static PowerShellHost Find()
    {
        var installed = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(d => Path.Combine(d, OperatingSystem.IsWindows() ? "pwsh.exe" : "pwsh")).FirstOrDefault(File.Exists);
        return installed is not null
            ? new PowerShellHost(installed, ["-NoProfile", "-NonInteractive", "-Command"])
            : new PowerShellHost("dotnet", [Path.Combine(Repository.Root, "src", "Tenants.Shell", "bin", "Release", "net10.0", "Tenants.Shell.dll"), "-Command"]);
    }

    /// <summary>Runs a script in a process of its own.</summary>
    /// <returns>How long the process took, in seconds, and what it printed.</returns>
    public Task<(double Seconds, string Output)> RunAsync(string script, CancellationToken cancellationToken) =>
        ColdProcess.RunAsync(_program, [.. _arguments, script], cancellationToken);

    /// <summary>A text as the script writes it.</summary>
    public static string Quote(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";
}
