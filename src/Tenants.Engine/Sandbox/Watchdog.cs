using System.Diagnostics;
using System.Reflection;

namespace Tenants.Engine.Sandbox;

/// <summary>
/// A small system process at the other end of a pipe. While the pipe is open it waits. When it breaks, for whatever reason its owner
/// ended, kill -9 included, it kills the server and removes the folder.
/// </summary>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private Watchdog(Process process) => _process = process;

    /// <summary>Starts a watchdog over a folder which need not exist yet.</summary>
    /// <param name="folder">The sandbox's folder; the server's data lie in its <c>data</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<Watchdog> StartAsync(string folder, CancellationToken cancellationToken)
    {
        // .NET opens our end of the pipe so that no other child inherits it; with a copy somewhere else it would never break.
        var watchdog = new Watchdog(Process.Start(CreateStartInfo())
            ?? throw new InvalidOperationException("The watchdog's process did not start."));
        try
        {
            await watchdog._process.StandardInput.WriteLineAsync(folder.AsMemory(), cancellationToken).ConfigureAwait(false);
            await watchdog._process.StandardInput.FlushAsync(cancellationToken).ConfigureAwait(false);
            await watchdog.WaitUntilReadyAsync(cancellationToken).ConfigureAwait(false);
            return watchdog;
        }
        catch
        {
            watchdog.Dispose();
            throw;
        }
    }

    /// <summary>Tells it that there is nothing left to do; it ends.</summary>
    public void Dispose()
    {
        try
        {
            _process.StandardInput.WriteLine("done");
            _process.StandardInput.Close();
            _process.WaitForExit(2000);
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException)
        {
            // It was killed from outside.
        }

        _process.Dispose();
    }

    private static ProcessStartInfo CreateStartInfo()
    {
        var start = OperatingSystem.IsWindows()
            ? new ProcessStartInfo("powershell.exe", ["-NoProfile", "-NonInteractive", "-Command", ReadScript("watchdog.ps1")])
            : UnixStartInfo(ReadScript("watchdog.sh"));
        start.UseShellExecute = false;
        start.CreateNoWindow = true;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.WorkingDirectory = Path.GetPathRoot(Environment.SystemDirectory) is { Length: > 0 } root ? root : "/";
        return start;
    }

    // In a session of its own (where there is setsid) it also outlives a signal to the owner's whole process group.
    private static ProcessStartInfo UnixStartInfo(string script) =>
        File.Exists("/usr/bin/setsid")
            ? new ProcessStartInfo("/usr/bin/setsid", ["/bin/sh", "-c", script, "tenants-watchdog"])
            : new ProcessStartInfo("/bin/sh", ["-c", script, "tenants-watchdog"]);

    private static string ReadScript(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ReadyTimeout);
        string? answer;
        try
        {
            answer = await _process.StandardOutput.ReadLineAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            answer = null;
        }

        if (answer != "ready")
        {
            throw new TenantException(
                "SandboxStartFailed",
                TenantErrorKind.Resource,
                $"The process that cleans up after the sandbox did not start ({_process.StartInfo.FileName}). Check that it can be run, and try again.");
        }
    }
}
