using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;
using Tenants.Engine.Sandbox;

namespace Tenants.Testing;

/// <summary>A physical replica of a sandbox: what pg_basebackup makes of it, or a copy of its files where that program is not there.</summary>
public sealed class Standby : IAsyncDisposable
{
    // A standby takes no connections with less of these than its primary has.
    private static readonly string[] s_noLess = ["max_connections", "max_worker_processes", "max_wal_senders", "max_prepared_transactions", "max_locks_per_transaction"];

    private readonly PostgresSandbox _primary;
    private readonly UnprivilegedUser? _user;
    private readonly string _folder;

    private Standby(PostgresSandbox primary, UnprivilegedUser? user, string folder, int port) => (_primary, _user, _folder, Port) = (primary, user, folder, port);

    /// <summary>Where it listens, on the loopback.</summary>
    public int Port { get; }

    private string Data => Path.Combine(_folder, "data");

    /// <summary>Makes it of a sandbox as it is, and starts it.</summary>
    public static async Task<Standby> StartAsync(PostgresSandbox primary)
    {
        var user = UnprivilegedUser.ForThisProcess();
        var folder = Directory.CreateTempSubdirectory("tenants-standby-").FullName;
        user?.TakeOwnership(folder);
        var standby = new Standby(primary, user, folder, FindFreePort());
        try
        {
            var more = await standby.SettingsAsync();
            await standby.CopyAsync();
            await standby.RunAsync("pg_ctl", "start", "-D", standby.Data, "-l", Path.Combine(folder, "log"), "-w", "-s", "-o",
                $"-p {standby.Port.ToString(CultureInfo.InvariantCulture)} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c hot_standby=on {more}");
            return standby;
        }
        catch
        {
            await standby.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection string of the primary, for this.</summary>
    public string Of(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString) { Port = Port }.ConnectionString;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Command.RunAsync(Program("pg_ctl"), ["stop", "-D", Data, "-m", "immediate", "-w"], _user, capture: true, CancellationToken.None);
        Directory.Delete(_folder, recursive: true);
    }

    private async Task<string> SettingsAsync()
    {
        await using var source = NpgsqlDataSource.Create(_primary.GetSuperuserConnectionString() + ";Pooling=false");
        return string.Join(' ', await TestDatabase.ColumnAsync<string>(source, "select '-c ' || name || '=' || setting from pg_settings where name = any ($1)", [s_noLess]));
    }

    private async Task CopyAsync()
    {
        if (File.Exists(Program("pg_basebackup")))
        {
            var superuser = new NpgsqlConnectionStringBuilder(_primary.GetSuperuserConnectionString());
            await RunAsync(
                "pg_basebackup", "-D", Data, "-X", "stream", "-R", "-c", "fast", "-d", $"host={superuser.Host} port={superuser.Port.ToString(CultureInfo.InvariantCulture)} user={superuser.Username} password={superuser.Password}");
            return;
        }

        await _primary.StopServerAsync();
        var copied = await Command.RunAsync("/bin/cp", ["-a", _primary.DataDirectory, Data], user: null, capture: true, CancellationToken.None);
        await _primary.StartServerAsync();
        if (!copied.Succeeded)
        {
            throw new InvalidOperationException(copied.Output);
        }

        var signal = Path.Combine(Data, "standby.signal");
        await File.WriteAllTextAsync(signal, "");
        _user?.TakeOwnership(signal);
    }

    private async Task RunAsync(string program, params string[] arguments)
    {
        var result = await Command.RunAsync(Program(program), arguments, _user, capture: !OperatingSystem.IsWindows(), CancellationToken.None);
        if (!result.Succeeded)
        {
            var log = Path.Combine(_folder, "log");
            throw new InvalidOperationException($"{program}: {result.Output} {(File.Exists(log) ? await File.ReadAllTextAsync(log) : "")}");
        }
    }

    private string Program(string name) => Path.Combine(_primary.BinaryPath, name);

    private static int FindFreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
