using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Tenants.Engine.Sandbox;

/// <summary>One database cluster in a sandbox's folder: made, started and stopped with PostgreSQL's own programs.</summary>
internal sealed class Cluster(PostgresBinaries binaries, SandboxFolder folder, UnprivilegedUser? user)
{
    public const string Superuser = "postgres";

    private const int StartAttempts = 10;

    /// <summary>The port it listens on, once it was started.</summary>
    public int Port { get; private set; }

    /// <summary>The process id of the server's first process, once it was started.</summary>
    public int ProcessId { get; private set; }

    /// <summary>Makes the cluster with initdb.</summary>
    public async Task InitializeAsync(string superuserPassword, IReadOnlyDictionary<string, string> settings, CancellationToken cancellationToken)
    {
        folder.Create(superuserPassword, ClusterSettings.Compose(folder.Data, settings));
        try
        {
            await RunInitdbAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            File.Delete(folder.PasswordFile);
        }
    }

    /// <summary>Starts the server: on a free loopback port the first time, then always on the same one.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var isFirst = ProcessId == 0;
        for (var attempt = 1; ; attempt++)
        {
            Port = isFirst ? FindFreePort() : Port;
            var result = await RunStartAsync(cancellationToken).ConfigureAwait(false);
            if (result.Succeeded)
            {
                ProcessId = ReadProcessId() ?? throw StartFailed("The server ended as soon as it had started.");
                return;
            }

            var log = folder.ReadLogTail();
            var portWasTaken = log.Contains("could not bind", StringComparison.Ordinal)
                || log.Contains("could not create any TCP/IP sockets", StringComparison.Ordinal);
            if (!portWasTaken || !isFirst || attempt == StartAttempts)
            {
                throw StartFailed(log.Length > 0 ? log : result.Output);
            }

            File.Delete(folder.Log);
        }
    }

    /// <summary>Stops the server if it runs: fast, so that open connections do not hold it up.</summary>
    public async Task StopAsync()
    {
        if (ReadProcessId() is not { } processId)
        {
            return;
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            var stopped = await RunAsync(
                "pg_ctl", ["stop", "-D", folder.Data, "-m", "fast", "-w", "-t", "20"], capture: true, limit.Token).ConfigureAwait(false);
            if (stopped.Succeeded)
            {
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // It hangs; the next line ends it.
        }

        KillServer(processId);
    }

    /// <summary>Whether the server's first process is there.</summary>
    public bool IsAlive() => ReadProcessId() is { } processId && processId == ProcessId && FindServer(processId) is not null;

    private async Task RunInitdbAsync(CancellationToken cancellationToken)
    {
        CommandResult? result = null;
        foreach (var locale in ClusterSettings.Locales(binaries.Version))
        {
            string[] arguments =
            [
                "-D", folder.Data, "-U", Superuser, $"--pwfile={folder.PasswordFile}", "--auth-host=scram-sha-256",
                "--auth-local=scram-sha-256", "--encoding=UTF8", "--no-sync", "--no-instructions", .. locale,
            ];
            result = await RunAsync("initdb", arguments, capture: true, cancellationToken).ConfigureAwait(false);
            if (result.Succeeded)
            {
                return;
            }

            if (!result.Output.Contains("locale", StringComparison.Ordinal))
            {
                break;
            }
        }

        throw new TenantException(
            "SandboxStartFailed",
            TenantErrorKind.Resource,
            $"initdb of {binaries.Directory} could not make a database cluster in '{folder.Path}': {Last(result?.Output)}. "
            + (result?.Output.Contains("user does not exist", StringComparison.Ordinal) == true
                ? "PostgreSQL wants a user with a name: run this as one that /etc/passwd lists."
                : "Check the free space and the rights there (TMPDIR chooses another folder), or choose another PostgreSQL with -BinaryPath or -Version."));
    }

    // On Windows the server would inherit a pipe of pg_ctl's output and keep it open for as long as it lives.
    private Task<CommandResult> RunStartAsync(CancellationToken cancellationToken) => RunAsync(
        "pg_ctl",
        [
            "start", "-D", folder.Data, "-l", folder.Log, "-w", "-t", "60", "-s",
            "-o", $"-c config_file=\"{folder.Settings}\" -p {Port.ToString(CultureInfo.InvariantCulture)}",
        ],
        capture: !OperatingSystem.IsWindows(),
        cancellationToken);

    private Task<CommandResult> RunAsync(string program, IEnumerable<string> arguments, bool capture, CancellationToken cancellationToken) =>
        Command.RunAsync(binaries.Program(program), arguments, user, capture, cancellationToken);

    private TenantException StartFailed(string reason) => new(
        "SandboxStartFailed",
        TenantErrorKind.Resource,
        $"PostgreSQL {binaries.Version} of {binaries.Directory} did not start. The last lines of its log:{Environment.NewLine}{reason}");

    // The first line of postmaster.pid; gone when the server has ended properly.
    private int? ReadProcessId()
    {
        try
        {
            var first = File.ReadLines(Path.Combine(folder.Data, "postmaster.pid")).FirstOrDefault();
            return int.TryParse(first, NumberStyles.Integer, CultureInfo.InvariantCulture, out var processId) ? processId : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void KillServer(int processId)
    {
        using var server = FindServer(processId);
        server?.Kill();
        server?.WaitForExit(5000);
    }

    private static Process? FindServer(int processId)
    {
        try
        {
            var process = Process.GetProcessById(processId);
            if (!process.HasExited && process.ProcessName.StartsWith("postgres", StringComparison.OrdinalIgnoreCase))
            {
                return process;
            }

            process.Dispose();
        }
        catch (Exception exception) when (exception is ArgumentException or InvalidOperationException)
        {
            // It has ended.
        }

        return null;
    }

    private static int FindFreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Last(string? output) =>
        output?.Split('\n').Select(line => line.Trim()).LastOrDefault(line => line.Contains("error:", StringComparison.Ordinal))?.TrimEnd('.')
        ?? output?.TrimEnd('.')
        ?? "no output";
}
