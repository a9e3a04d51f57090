using Npgsql;

namespace Tenants.Benchmarks.Measuring;

/// <summary>A database of one measurement's own, with a shell whose cmdlets are connected to it.</summary>
internal sealed class BenchDatabase : IAsyncDisposable
{
    private BenchDatabase(Bench bench, string name)
    {
        Name = name;
        ConnectionString = bench.ConnectionString(name);
        Admin = NpgsqlDataSource.Create(ConnectionString);
        Shell = BenchShell.Connect(ConnectionString);
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>The admin's connection string, password included.</summary>
    public string ConnectionString { get; }

    /// <summary>The driver's own connections, as the admin.</summary>
    public NpgsqlDataSource Admin { get; }

    /// <summary>Where cmdlets run.</summary>
    public BenchShell Shell { get; }

    /// <summary>Makes it.</summary>
    public static async Task<BenchDatabase> CreateAsync(Bench bench, string name, CancellationToken cancellationToken)
    {
        await using (var server = NpgsqlDataSource.Create(bench.ConnectionString("postgres")))
        await using (var command = server.CreateCommand($"create database {name}"))
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        return new BenchDatabase(bench, name);
    }

    /// <summary>Runs SQL as the admin.</summary>
    public async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = Admin.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Shell.Dispose();
        await Admin.DisposeAsync();
    }
}
