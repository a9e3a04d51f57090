using System.Collections.Concurrent;
using System.Security.Cryptography;
using Npgsql;

namespace Tenants.Testing;

/// <summary>
/// A database of one test's own, with an admin login of its own that is no superuser. Both go when it is disposed, and every role with it
/// that carries the database's name or was registered.
/// </summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private const int DropAttempts = 5;

    private readonly ConcurrentBag<string> _roles = [];
    private readonly ConcurrentBag<NpgsqlDataSource> _sources = [];

    private TestDatabase(TestServer server, string name, string adminPassword)
    {
        Server = server;
        Name = name;
        AdminLogin = name + "_admin";
        AdminConnectionString = Compose(AdminLogin, adminPassword);
        SuperuserConnectionString = new NpgsqlConnectionStringBuilder(server.SuperuserConnectionString) { Database = name, MaxPoolSize = 20 }.ConnectionString;
        Admin = CreateSource(AdminConnectionString);
        Superuser = CreateSource(SuperuserConnectionString);
    }

    /// <summary>The server that it lies on.</summary>
    public TestServer Server { get; }

    /// <summary>The database's name: unique, short, plain.</summary>
    public string Name { get; }

    /// <summary>The login that owns the database.</summary>
    public string AdminLogin { get; }

    /// <summary>The admin's connection string, password included.</summary>
    public string AdminConnectionString { get; }

    /// <summary>The superuser's connection string to this database.</summary>
    public string SuperuserConnectionString { get; }

    /// <summary>Connections as the admin.</summary>
    public NpgsqlDataSource Admin { get; }

    /// <summary>Connections as the superuser.</summary>
    public NpgsqlDataSource Superuser { get; }

    /// <summary>Makes a database with an admin login.</summary>
    /// <param name="createRole">Whether the admin may create roles.</param>
    public static async Task<TestDatabase> CreateAsync(bool createRole = true)
    {
        var server = await TestServer.GetAsync();
        var password = RandomNumberGenerator.GetHexString(24, lowercase: true);
        var database = new TestDatabase(server, "t_" + RandomNumberGenerator.GetHexString(10, lowercase: true), password);
        await server.ExecuteAsync($"create role {database.AdminLogin} login {(createRole ? "createrole" : "")} password '{password}'");
        await server.ExecuteAsync($"create database {database.Name}");
        await server.ExecuteAsync($"alter database {database.Name} owner to {database.AdminLogin}");
        return database;
    }

    /// <summary>Runs SQL as the admin.</summary>
    /// <returns>The number of rows that it changed.</returns>
    public Task<int> ExecuteAsync(string sql, params object?[] parameters) => ExecuteAsync(Admin, sql, parameters);

    /// <summary>Runs SQL over given connections.</summary>
    /// <returns>The number of rows that it changed.</returns>
    public static async Task<int> ExecuteAsync(NpgsqlDataSource source, string sql, params object?[] parameters)
    {
        await using var command = CreateCommand(source, sql, parameters);
        return await command.ExecuteNonQueryAsync();
    }

    /// <summary>Runs SQL as the admin and gives the first column of the first row, <see langword="default"/> for NULL or no row.</summary>
    public Task<T?> ScalarAsync<T>(string sql, params object?[] parameters) => ScalarAsync<T>(Admin, sql, parameters);

    /// <summary>Runs SQL over given connections and gives the first column of the first row, <see langword="default"/> for NULL or no row.</summary>
    public static async Task<T?> ScalarAsync<T>(NpgsqlDataSource source, string sql, params object?[] parameters)
    {
        await using var command = CreateCommand(source, sql, parameters);
        return await command.ExecuteScalarAsync() is { } value and not DBNull ? (T)value : default;
    }

    /// <summary>Runs SQL over given connections and gives the first column of every row.</summary>
    public static async Task<List<T>> ColumnAsync<T>(NpgsqlDataSource source, string sql, params object?[] parameters)
    {
        await using var command = CreateCommand(source, sql, parameters);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<T>();
        while (await reader.ReadAsync())
        {
            values.Add(reader.GetFieldValue<T>(0));
        }

        return values;
    }

    /// <summary>Makes a further login, named after the database, without any right of its own.</summary>
    /// <param name="suffix">What follows the database's name in the login's.</param>
    /// <param name="options">SQL after CREATE ROLE … LOGIN, such as <c>createrole</c>.</param>
    /// <returns>The login's name and its connection string.</returns>
    public async Task<(string Name, string ConnectionString)> CreateLoginAsync(string suffix, string options = "")
    {
        var login = $"{Name}_{suffix}";
        var password = RandomNumberGenerator.GetHexString(24, lowercase: true);
        await Server.ExecuteAsync($"create role {login} login {options} password '{password}'");
        return (login, Compose(login, password));
    }

    /// <summary>Connections with a connection string; closed with this object.</summary>
    public NpgsqlDataSource CreateSource(string connectionString)
    {
        var source = NpgsqlDataSource.Create(connectionString);
        _sources.Add(source);
        return source;
    }

    /// <summary>Names a role to drop with the database, one whose name does not carry the database's.</summary>
    public void RegisterRole(string name) => _roles.Add(name);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var source in _sources)
        {
            await source.DisposeAsync();
        }

        // Other tests create and drop roles at the same time, and the server takes no lock for that.
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await DropAsync();
                return;
            }
            catch (PostgresException) when (attempt < DropAttempts)
            {
                await Task.Delay(100 * attempt);
            }
        }
    }

    private async Task DropAsync()
    {
        await Server.ExecuteAsync($"drop database if exists {Name} with (force)");
        await using var source = NpgsqlDataSource.Create(Server.SuperuserConnectionString);
        var roles = await ColumnAsync<string>(
            source,
            "select quote_ident(rolname) from pg_catalog.pg_roles where position($1 in rolname) > 0 or rolname = any ($2)",
            Name,
            _roles.ToArray());
        if (roles.Count > 0)
        {
            await ExecuteAsync(source, $"drop role if exists {string.Join(", ", roles)}");
        }
    }

    private static NpgsqlCommand CreateCommand(NpgsqlDataSource source, string sql, object?[] parameters)
    {
        var command = source.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter ?? DBNull.Value });
        }

        return command;
    }

    private string Compose(string login, string password) => new NpgsqlConnectionStringBuilder(Server.SuperuserConnectionString)
    {
        Database = Name,
        Username = login,
        Password = password,
        MaxPoolSize = 20,
    }.ConnectionString;
}
