using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Tenants.Engine.Sandbox;

namespace Tenants.Testing;

/// <summary>A PgBouncer of one test's own, in front of the test server. It ends with this object, and with the test process however that ends.</summary>
public sealed class PgBouncer : IAsyncDisposable
{
    private const string Up = "process up";
    private const string Fatal = "FATAL";

    // Its stdin is a pipe of ours, which the system closes where we cannot any more.
    private const string Guard = "\"$0\" -q \"$1\" & read -r _; kill -KILL $!";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly Process _guard;
    private readonly string _folder;

    private PgBouncer(Process guard, string folder, string host, int port)
    {
        _guard = guard;
        _folder = folder;
        Host = host;
        Port = port;
    }

    /// <summary>Why it cannot be had here, for <c>SkipUnless</c> and the like; null where it can, and in CI, where a want of it is a failure.</summary>
    public static string? SkipReason { get; } =
        Find() is not null || Environment.GetEnvironmentVariable("CI") is { Length: > 0 } ? null : "there is no pgbouncer on this machine (apt-get install pgbouncer)";

    /// <summary>Whether tests that need it run; see <see cref="SkipReason"/>.</summary>
    public static bool IsExpected => SkipReason is null;

    /// <summary>Where it listens: the loopback address, or the folder of its socket.</summary>
    public string Host { get; }

    /// <summary>The port that it listens on.</summary>
    public int Port { get; }

    /// <summary>What it has logged so far.</summary>
    public string Log => ReadLog(_folder);

    /// <summary>Starts it, and waits until it listens.</summary>
    /// <param name="options">How it is set up.</param>
    public static async Task<PgBouncer> StartAsync(PgBouncerOptions? options = null)
    {
        var program = Find() ?? throw new InvalidOperationException("There is no pgbouncer on this machine, and in CI there must be one: apt-get install pgbouncer.");
        options ??= new PgBouncerOptions();
        var server = await TestServer.GetAsync();
        for (var attempt = 1; ; attempt++)
        {
            var pooler = Start(program, options, new NpgsqlConnectionStringBuilder(server.SuperuserConnectionString));
            if (await pooler.IsUpAsync())
            {
                return pooler;
            }

            var log = pooler.Log;
            await pooler.DisposeAsync();

            // Somebody else may take the free port first.
            if (attempt == 3 || !log.Contains("Address already in use", StringComparison.Ordinal))
            {
                throw new InvalidOperationException($"pgbouncer did not start. Its log:{Environment.NewLine}{log}");
            }
        }
    }

    /// <summary>A connection string that goes this way.</summary>
    /// <param name="direct">The connection string that goes to the server itself.</param>
    public string Through(string direct) => new NpgsqlConnectionStringBuilder(direct) { Host = Host, Port = Port }.ConnectionString;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _guard.StandardInput.Close();
        await _guard.WaitForExitAsync();
        _guard.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static PgBouncer Start(string program, PgBouncerOptions options, NpgsqlConnectionStringBuilder server)
    {
        var user = UnprivilegedUser.ForThisProcess();
        var folder = Directory.CreateTempSubdirectory("tenants-pgbouncer-").FullName;
        var port = FindFreePort();
        Write(folder, "users", $"\"{server.Username}\" \"{server.Password}\"");
        Write(folder, "settings", Compose(options, server, folder, port));
        user?.TakeOwnership(folder);
        foreach (var file in Directory.GetFiles(folder))
        {
            user?.TakeOwnership(file);
        }

        var start = new ProcessStartInfo("/bin/sh", ["-c", Guard, program, Path.Combine(folder, "settings")])
        {
            RedirectStandardInput = true,
            WorkingDirectory = folder,
        };
        if (user is not null)
        {
            start.UserName = user.Name;
        }

        return new PgBouncer(Process.Start(start)!, folder, options.UsesUnixSocket ? folder : "127.0.0.1", port);
    }

    // The verifiers come from the server: logins that a test makes later are let in too, and with the client's proof PgBouncer can log in as them.
    private static string Compose(PgBouncerOptions options, NpgsqlConnectionStringBuilder server, string folder, int port) => string.Join(
        '\n',
        [
            "[databases]",
            $"* = host={server.Host} port={server.Port.ToString(CultureInfo.InvariantCulture)}",
            "[pgbouncer]",
            $"listen_port = {port.ToString(CultureInfo.InvariantCulture)}",
            $"listen_addr = {(options.UsesUnixSocket ? "" : "127.0.0.1")}",
            $"unix_socket_dir = {(options.UsesUnixSocket ? folder : "")}",
            $"auth_type = {(options.TrustsClients ? "trust" : "scram-sha-256")}",
            $"auth_file = {Path.Combine(folder, "users")}",
            $"auth_user = {server.Username}",
            $"pool_mode = {options.Mode.ToString().ToLowerInvariant()}",
            $"default_pool_size = {options.PoolSize.ToString(CultureInfo.InvariantCulture)}",
            $"ignore_startup_parameters = {options.IgnoreStartupParameters}",
            $"server_reset_query = {options.ServerResetQuery}",
            $"server_reset_query_always = {(options.ServerResetQueryAlways ? 1 : 0)}",
            $"logfile = {Path.Combine(folder, "log")}",
            .. options.Settings,
        ]);

    private async Task<bool> IsUpAsync()
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Patience; await Task.Delay(20))
        {
            var log = Log;
            if (log.Contains(Up, StringComparison.Ordinal))
            {
                return true;
            }

            if (log.Contains(Fatal, StringComparison.Ordinal))
            {
                break;
            }
        }

        return false;
    }

    private static void Write(string folder, string name, string text)
    {
        var file = Path.Combine(folder, name);
        File.WriteAllText(file, text + "\n");
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    private static string ReadLog(string folder)
    {
        var file = Path.Combine(folder, "log");
        return File.Exists(file) ? File.ReadAllText(file) : "";
    }

    private static string? Find() => OperatingSystem.IsWindows()
        ? null
        : (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/usr/local/sbin")
            .Select(folder => Path.Combine(folder, "pgbouncer")).FirstOrDefault(File.Exists);

    private static int FindFreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
