using System.Globalization;
using DotNet.Testcontainers.Images;
using Npgsql;
using Tenants.Engine.Sandbox;
using Testcontainers.PostgreSql;

namespace Tenants.Testing;

/// <summary>The one PostgreSQL of a test process. The first test that asks starts it; it stops when the process ends.</summary>
public sealed class TestServer : IAsyncDisposable
{
    private static readonly Lazy<Task<TestServer>> Shared = new(StartAsync);

    private readonly IAsyncDisposable? _owned;

    private TestServer(TestLane lane, string superuserConnectionString, Version version, IReadOnlyDictionary<TestLane, string> skipped, IAsyncDisposable? owned)
    {
        Lane = lane;
        SuperuserConnectionString = superuserConnectionString;
        Version = version;
        SkippedLanes = skipped;
        _owned = owned;
    }

    /// <summary>The major version asked for in TENANTS_TEST_POSTGRES_VERSION.</summary>
    public static int? WantedMajor =>
        int.TryParse(Environment.GetEnvironmentVariable("TENANTS_TEST_POSTGRES_VERSION"), CultureInfo.InvariantCulture, out var major) ? major : null;

    /// <summary>Where the server came from.</summary>
    public TestLane Lane { get; }

    /// <summary>Why each other lane was not taken.</summary>
    public IReadOnlyDictionary<TestLane, string> SkippedLanes { get; }

    /// <summary>The server's version.</summary>
    public Version Version { get; }

    /// <summary>A login that may do everything on this server; its database is the maintenance database.</summary>
    public string SuperuserConnectionString { get; }

    /// <summary>The server, started on the first call.</summary>
    public static Task<TestServer> GetAsync() => Shared.Value;

    /// <summary>Stops the server if it was ever started.</summary>
    public static async Task StopAsync()
    {
        if (Shared.IsValueCreated && Shared.Value.IsCompletedSuccessfully)
        {
            await (await Shared.Value).DisposeAsync();
        }
    }

    /// <summary>Runs one statement as the superuser, in the maintenance database.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(SuperuserConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_owned is not null)
        {
            await _owned.DisposeAsync();
        }
    }

    private static async Task<TestServer> StartAsync()
    {
        var skipped = new Dictionary<TestLane, string>();
        if (Environment.GetEnvironmentVariable("TENANTS_TEST_POSTGRES") is { Length: > 0 } named)
        {
            skipped[TestLane.Testcontainers] = skipped[TestLane.Sandbox] = "TENANTS_TEST_POSTGRES names a server";
            return await CreateAsync(TestLane.ConnectionString, named, skipped, owned: null);
        }

        skipped[TestLane.ConnectionString] = "TENANTS_TEST_POSTGRES is not set";
        var (image, reason) = await DockerImage.FindAsync();
        if (image is not null)
        {
            skipped[TestLane.Sandbox] = $"the container image {image} is there";
            var container = new PostgreSqlBuilder(image).WithImagePullPolicy(PullPolicy.Never).WithCommand("-c", "max_connections=200", "-c", "fsync=off").Build();
            await container.StartAsync();
            return await CreateAsync(TestLane.Testcontainers, container.GetConnectionString(), skipped, container);
        }

        skipped[TestLane.Testcontainers] = reason;
        var sandbox = await PostgresSandbox.StartAsync(new SandboxOptions { Version = WantedMajor });
        return await CreateAsync(TestLane.Sandbox, sandbox.GetSuperuserConnectionString("postgres"), skipped, sandbox);
    }

    private static async Task<TestServer> CreateAsync(
        TestLane lane, string connectionString, IReadOnlyDictionary<TestLane, string> skipped, IAsyncDisposable? owned)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        return new TestServer(lane, connectionString, connection.PostgreSqlVersion, skipped, owned);
    }
}
