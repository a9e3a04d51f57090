using Npgsql;
using Tenants.Engine.Sandbox;

namespace Tenants.Benchmarks.Measuring;

/// <summary>What the measurements run on: a server of their own, and how much is measured.</summary>
internal sealed class Bench : IAsyncDisposable
{
    private readonly PostgresSandbox _sandbox;
    private readonly Dictionary<Type, IAsyncDisposable> _shared = [];

    private Bench(PostgresSandbox sandbox, bool isQuick) => (_sandbox, IsQuick) = (sandbox, isQuick);

    /// <summary>Smaller sizes and fewer pairs.</summary>
    public bool IsQuick { get; }

    /// <summary>How many pairs are measured.</summary>
    public int Pairs => IsQuick ? 3 : 7;

    /// <summary>How many rows are many.</summary>
    public int Rows => IsQuick ? 100_000 : 1_000_000;

    /// <summary>The server's version.</summary>
    public Version ServerVersion => _sandbox.Version;

    /// <summary>The folder with the server's programs.</summary>
    public string Binaries => _sandbox.BinaryPath;

    /// <summary>Starts the server.</summary>
    public static async Task<Bench> StartAsync(bool isQuick, int? version, CancellationToken cancellationToken)
    {
        // Room enough that no measurement waits for a checkpoint.
        var settings = new Dictionary<string, string> { ["shared_buffers"] = "512MB", ["max_wal_size"] = "8GB", ["checkpoint_timeout"] = "30min", ["max_connections"] = "100" };
        return new Bench(await PostgresSandbox.StartAsync(new SandboxOptions { Version = version, Settings = settings }, cancellationToken: cancellationToken), isQuick);
    }

    /// <summary>The admin's connection string to a database.</summary>
    public string ConnectionString(string database) => _sandbox.GetConnectionString(database);

    /// <summary>The superuser's connection string to a database.</summary>
    public string SuperuserConnectionString(string database) => _sandbox.GetSuperuserConnectionString(database);

    /// <summary>What several measurements share; made by the first that asks, and closed with this.</summary>
    public async Task<T> ShareAsync<T>(Func<Task<T>> create)
        where T : IAsyncDisposable
    {
        if (!_shared.TryGetValue(typeof(T), out var world))
        {
            _shared[typeof(T)] = world = await create();
        }

        return (T)world;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var world in _shared.Values)
        {
            await world.DisposeAsync();
        }

        NpgsqlConnection.ClearAllPools();
        await _sandbox.DisposeAsync();
    }
}
