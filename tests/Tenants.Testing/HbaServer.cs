using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Npgsql;
using Tenants.Engine.Sandbox;

namespace Tenants.Testing;

/// <summary>A PostgreSQL of one test's own, whose pg_hba.conf the test writes.</summary>
public sealed partial class HbaServer : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly PostgresSandbox _sandbox;
    private readonly HbaRoute _route;
    private string[] _lines = [];

    private HbaServer(PostgresSandbox sandbox, HbaRoute route) => (_sandbox, _route) = (sandbox, route);

    /// <summary>The admin's connection string, password included.</summary>
    public string AdminConnectionString => Compose(_sandbox.GetConnectionString());

    /// <summary>Starts it; whoever knows a password is let in.</summary>
    /// <param name="database">The name of its database.</param>
    /// <param name="route">The way that connections to it take.</param>
    public static async Task<HbaServer> StartAsync(string database = "app", HbaRoute route = HbaRoute.Network)
    {
        // "." is the data folder, which nobody else may enter.
        var settings = new Dictionary<string, string> { ["unix_socket_directories"] = route == HbaRoute.Socket ? "." : "" };
        var sandbox = await PostgresSandbox.StartAsync(new SandboxOptions { Version = TestServer.WantedMajor, Database = database, Settings = settings });
        var server = new HbaServer(sandbox, route);
        try
        {
            if (route == HbaRoute.Tls)
            {
                await server.TurnTlsOnAsync();
            }

            await server.LetInAsync($"{server.Any} scram-sha-256");
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>What a line begins with that means every connection of this route.</summary>
    public string Any => _route == HbaRoute.Socket ? "local all all" : "host all all all";

    /// <summary>Writes pg_hba.conf, and waits until the server goes by it. Admin and superuser are let in by their passwords, whatever else it says.</summary>
    /// <param name="lines">The lines for all others.</param>
    public async Task LetInAsync(params string[] lines)
    {
        _lines = lines;
        string[] own =
        [
            "host all postgres all scram-sha-256",
            _route == HbaRoute.Socket ? "local all owner scram-sha-256" : "host all owner all scram-sha-256",
        ];
        await File.WriteAllLinesAsync(Path.Combine(_sandbox.DataDirectory, "pg_hba.conf"), [.. own, .. lines]);
        await ReloadAsync();
    }

    /// <summary>Puts a line above the others, as the module tells a DBA to.</summary>
    public Task AddAsync(string line) => LetInAsync([line, .. _lines]);

    /// <summary>The line for pg_hba.conf that a message holds.</summary>
    public static string LineIn(string message) => Line().Match(message) is { Success: true } line
        ? line.Value
        : throw new InvalidOperationException($"There is no line for pg_hba.conf in: {message}");

    /// <summary>Runs one statement as the superuser.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await OpenSuperuserAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _sandbox.DisposeAsync();

    // The server's own message speaks of a host as well; the module's line stands after a colon.
    [GeneratedRegex("(?<=: )(local|host|hostssl) .*? scram-sha-256")]
    private static partial Regex Line();

    private string Compose(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString)
    {
        Host = _route == HbaRoute.Socket ? _sandbox.DataDirectory : _sandbox.Server,
        SslMode = _route == HbaRoute.Tls ? SslMode.Require : SslMode.Disable,
    }.ConnectionString;

    // The server reads both files between two connections, pg_hba.conf the last: whoever connects after that is told the new time.
    private async Task ReloadAsync()
    {
        const string LoadTime = "select pg_conf_load_time()";
        var before = await SuperuserValueAsync(LoadTime);
        await ExecuteAsync("select pg_reload_conf()");
        for (var until = DateTime.UtcNow + Patience; Equals(await SuperuserValueAsync(LoadTime), before); await Task.Delay(20))
        {
            if (DateTime.UtcNow > until)
            {
                throw new InvalidOperationException("The server did not reload its settings.");
            }
        }
    }

    private async Task TurnTlsOnAsync()
    {
        using var key = RSA.Create(2048);
        using var certificate = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        Write("server.crt", certificate.ExportCertificatePem());
        Write("server.key", key.ExportPkcs8PrivateKeyPem());
        await ExecuteAsync("alter system set ssl = on");
        await ReloadAsync();
    }

    private void Write(string name, string text)
    {
        var file = Path.Combine(_sandbox.DataDirectory, name);
        File.WriteAllText(file, text + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        UnprivilegedUser.ForThisProcess()?.TakeOwnership(file);
    }

    private async Task<object?> SuperuserValueAsync(string sql)
    {
        await using var connection = await OpenSuperuserAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    // Each time anew: over the network, where it is always let in, and not from a pool, which would not ask.
    private async Task<NpgsqlConnection> OpenSuperuserAsync()
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_sandbox.GetSuperuserConnectionString()) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }
}
