using System.Collections.Concurrent;
using System.Security.Cryptography;
using Npgsql;

namespace Tenants.Engine.Sandbox;

/// <summary>A throwaway PostgreSQL server, started from the programs that <see cref="PostgresFinder"/> finds.</summary>
public sealed class PostgresSandbox : TenantSandbox
{
    private const string AdminLogin = "owner";

    private static readonly ConcurrentDictionary<PostgresSandbox, bool> Running = new();

    private readonly PostgresBinaries _binaries;
    private readonly SandboxFolder _folder;
    private readonly Cluster _cluster;
    private readonly Watchdog _watchdog;
    private readonly SemaphoreSlim _stopping = new(1, 1);
    private readonly string _superuserPassword = NewPassword();
    private readonly string _adminPassword = NewPassword();
    private bool _stopped;

    private PostgresSandbox(PostgresBinaries binaries, SandboxFolder folder, Cluster cluster, Watchdog watchdog, string database)
    {
        _binaries = binaries;
        _folder = folder;
        _cluster = cluster;
        _watchdog = watchdog;
        Database = database;
    }

    /// <inheritdoc/>
    public override string Server => "127.0.0.1";

    /// <inheritdoc/>
    public override int Port => _cluster.Port;

    /// <inheritdoc/>
    public override string Database { get; }

    /// <inheritdoc/>
    public override string UserName => AdminLogin;

    /// <inheritdoc/>
    public override Version Version => _binaries.Version;

    /// <inheritdoc/>
    public override int ProcessId => _cluster.ProcessId;

    /// <inheritdoc/>
    public override string DataDirectory => _folder.Data;

    /// <inheritdoc/>
    public override string BinaryPath => _binaries.Directory;

    /// <inheritdoc/>
    public override TenantSandboxState State =>
        _stopped ? TenantSandboxState.Stopped
        : _cluster.IsAlive() ? TenantSandboxState.Running
        : TenantSandboxState.Crashed;

    /// <summary>Finds PostgreSQL, makes a cluster in a temporary folder, and starts it on a free loopback port.</summary>
    /// <param name="options">What is wanted; <see langword="null"/>: the defaults.</param>
    /// <param name="progress">Hears how far it has come.</param>
    /// <param name="cancellationToken">Gives up; nothing stays behind.</param>
    /// <returns>The running sandbox; dispose it.</returns>
    /// <exception cref="TenantException"><c>PostgresNotFound</c>, <c>PostgresDownloadDamaged</c>, <c>SandboxStartFailed</c> and the like.</exception>
    public static async Task<PostgresSandbox> StartAsync(
        SandboxOptions? options = null, IProgress<SandboxProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        options ??= new SandboxOptions();
        var user = UnprivilegedUser.ForThisProcess();
        var binaries = await new PostgresFinder(options, user, progress).FindAsync(cancellationToken).ConfigureAwait(false);

        // The watchdog first: from the folder's first file on, nothing stays behind whenever this process is killed.
        var folder = SandboxFolder.Name(user);
        var watchdog = await Watchdog.StartAsync(folder.Path, cancellationToken).ConfigureAwait(false);
        var sandbox = new PostgresSandbox(binaries, folder, new Cluster(binaries, folder, user), watchdog, options.Database);
        try
        {
            await sandbox.StartAsync(options.Settings, progress, cancellationToken).ConfigureAwait(false);
            Running.TryAdd(sandbox, true);
            return sandbox;
        }
        catch
        {
            await sandbox.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Stops every sandbox of this process that still runs.</summary>
    /// <returns>A task that ends when all are gone.</returns>
    public static async Task StopAllAsync()
    {
        foreach (var sandbox in Running.Keys)
        {
            await sandbox.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The connection string of the admin login, with its password: a secret.</summary>
    /// <param name="database">Another database than <see cref="Database"/>.</param>
    /// <returns>A connection string in Npgsql's form.</returns>
    public string GetConnectionString(string? database = null) => Compose(AdminLogin, _adminPassword, database ?? Database);

    /// <summary>The connection string of the server's superuser, with its password: a secret. For tests, and for what only a superuser may do.</summary>
    /// <param name="database">Another database than <see cref="Database"/>.</param>
    /// <returns>A connection string in Npgsql's form.</returns>
    public string GetSuperuserConnectionString(string? database = null) => Compose(Cluster.Superuser, _superuserPassword, database ?? Database);

    /// <summary>Stops the server and keeps its data, so that one can see what a client does when its server goes.</summary>
    /// <returns>A task that ends when the server has stopped.</returns>
    public Task StopServerAsync() => _cluster.StopAsync();

    /// <summary>Starts the server again after <see cref="StopServerAsync"/>, on the same port.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that ends when the server takes connections.</returns>
    public Task StartServerAsync(CancellationToken cancellationToken = default) => _cluster.StartAsync(cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _stopping.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_stopped)
            {
                return;
            }

            await _cluster.StopAsync().ConfigureAwait(false);
            await _folder.DeleteAsync().ConfigureAwait(false);
            _watchdog.Dispose();
            _stopped = true;
            Running.TryRemove(this, out _);
        }
        finally
        {
            _stopping.Release();
        }
    }

    private async Task StartAsync(IReadOnlyDictionary<string, string> settings, IProgress<SandboxProgress>? progress, CancellationToken cancellationToken)
    {
        progress?.Report(new SandboxProgress($"Making a PostgreSQL {Version} cluster (durability off)"));
        await _cluster.InitializeAsync(_superuserPassword, settings, cancellationToken).ConfigureAwait(false);
        progress?.Report(new SandboxProgress("Starting the server"));
        await _cluster.StartAsync(cancellationToken).ConfigureAwait(false);
        progress?.Report(new SandboxProgress($"Making the database '{Database}'"));
        await CreateDatabaseAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task CreateDatabaseAsync(CancellationToken cancellationToken)
    {
        try
        {
            var source = NpgsqlDataSource.Create(Compose(Cluster.Superuser, _superuserPassword, "postgres"));
            await using var _ = source.ConfigureAwait(false);
            foreach (var (template, value) in new[]
            {
                ("create role %I login createrole createdb password %L", _adminPassword),
                ("create database %2$I owner %1$I", Database),
            })
            {
                // The server quotes.
                var compose = source.CreateCommand("select pg_catalog.format($1, $2, $3)");
                await using var __ = compose.ConfigureAwait(false);
                compose.Parameters.AddWithValue(template);
                compose.Parameters.AddWithValue(AdminLogin);
                compose.Parameters.AddWithValue(value);
                var run = source.CreateCommand((string)(await compose.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!);
                await using var ___ = run.ConfigureAwait(false);
                await run.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (NpgsqlException exception)
        {
            throw new TenantException(
                "SandboxStartFailed",
                TenantErrorKind.Server,
                $"PostgreSQL {Version} started, but the database '{Database}' could not be made: {exception.Message.TrimEnd('.')}. "
                + "Choose another name with -Database.")
            {
                SqlState = exception.SqlState,
            };
        }
    }

    private string Compose(string user, string password, string database) => new NpgsqlConnectionStringBuilder
    {
        Host = Server,
        Port = Port,
        Username = user,
        Password = password,
        Database = database,
    }.ConnectionString;

    private static string NewPassword() => RandomNumberGenerator.GetHexString(40, lowercase: true);
}
