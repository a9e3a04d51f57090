using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Tenants.PowerShell.Tests.Shell;
using Xunit;

namespace Tenants.PowerShell.Tests.Sandbox;

/// <summary>The owner of a sandbox is killed: neither server nor folder stays, with no further command.</summary>
public sealed class KilledOwnerTests : IDisposable
{
    private static readonly TimeSpan s_promise = TimeSpan.FromSeconds(10);

    // All that the owner makes lies in here, and everybody may enter it: as root the server runs as somebody else.
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "tenants-test-" + RandomNumberGenerator.GetHexString(16, lowercase: true));

    private Process? _owner;

    public KilledOwnerTests() => Directory.CreateDirectory(_folder);

    public void Dispose()
    {
        // A test that failed half way leaves its owner alive.
        if (_owner is { HasExited: false })
        {
            _owner.Kill();
        }

        _owner?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Killed_while_its_server_runs()
    {
        var owner = _owner = StartOwner();
        var line = await owner.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException(await owner.StandardError.ReadToEndAsync());
        var server = int.Parse(line, CultureInfo.InvariantCulture);
        Assert.True(IsThere(server));
        Assert.Single(Directory.GetDirectories(_folder));

        owner.Kill();

        await WaitUntilGoneAsync(() => !IsThere(server) && Directory.GetDirectories(_folder).Length == 0);
    }

    // The moments when initdb runs, when the server starts, when the database is made.
    [Theory]
    [InlineData(0)]
    [InlineData(300)]
    [InlineData(900)]
    public async Task Killed_while_it_starts(int millisecondsAfterTheFirstFile)
    {
        var owner = _owner = StartOwner();
        while (Directory.GetDirectories(_folder).Length == 0)
        {
            Assert.False(owner.HasExited, "the owner ended before it began");
            await Task.Delay(5);
        }

        await Task.Delay(millisecondsAfterTheFirstFile);
        owner.Kill();

        await WaitUntilGoneAsync(() => Directory.GetDirectories(_folder).Length == 0 && !Servers().Any());

        // What was being started when the folder went must not come after.
        await Task.Delay(1000);
        Assert.Empty(Directory.GetDirectories(_folder));
        Assert.Empty(Servers());
    }

    private Process StartOwner() => ShellProcess.Start(
        ["-Command", $"Import-Module '{ModuleRunner.Manifest}'; $s = Start-TenantSandbox; [Console]::WriteLine($s.ProcessId); [Threading.Thread]::Sleep(-1)"],
        new Dictionary<string, string> { ["TMPDIR"] = _folder, ["TEMP"] = _folder, ["TMP"] = _folder });

    private static async Task WaitUntilGoneAsync(Func<bool> isGone)
    {
        var watch = Stopwatch.StartNew();
        while (!isGone())
        {
            Assert.True(watch.Elapsed < s_promise, $"something is still there after {s_promise.TotalSeconds} seconds");
            await Task.Delay(50);
        }
    }

    private static bool IsThere(int processId) => Process.GetProcesses().Any(process => process.Id == processId);

    // Processes that name the folder: initdb, pg_ctl, the server. Where the system tells arguments.
    private IEnumerable<string> Servers() =>
        !OperatingSystem.IsLinux() ? [] : Directory.GetDirectories("/proc")
            .Where(folder => char.IsDigit(Path.GetFileName(folder)[0]))
            .Select(ReadArguments)
            .Where(arguments => arguments.Contains(_folder, StringComparison.Ordinal));

    private static string ReadArguments(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "cmdline"));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
