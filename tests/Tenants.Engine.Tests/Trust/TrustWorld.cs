using Npgsql;
using Tenants.Engine.Isolation.Logins;
using Tenants.Engine.Tests.Support;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Trust;

/// <summary>
/// A database with a login that is fit to run tenants' SQL: a tenant table <c>todo_item</c>, a table <c>plan</c> that all share,
/// and a table <c>secret</c> that is nobody's.
/// </summary>
internal sealed class TrustWorld : IAsyncDisposable
{
    private readonly string _connectionString;

    private TrustWorld(TenantWorld tenants, string login, string connectionString)
    {
        Tenants = tenants;
        Login = login;
        _connectionString = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString;
    }

    public TenantWorld Tenants { get; }

    public string Login { get; }

    public static async Task<TrustWorld> CreateAsync()
    {
        var tenants = await TenantWorld.CreateAsync();
        await tenants.CreateTodoAsync();
        await tenants.EnableAsync();
        var (login, connectionString) = await tenants.Test.CreateLoginAsync("app");
        var world = new TrustWorld(tenants, login, connectionString);
        await world.RunAsync(
            $$"""
            create table public.plan (id int, name text); create table public.secret (id int, name text);
            insert into {schema}.shared_table (oid) values ('public.plan'::regclass);
            grant select on public.plan to {session};
            grant {session} to {login}{{(tenants.Major >= 16 ? " with inherit true, set false" : "")}};
            revoke create on schema public from public; grant create on schema public to {dba}
            """);
        return world;
    }

    /// <summary>Runs SQL as the superuser, with <c>{login}</c>, <c>{session}</c>, <c>{admin}</c>, <c>{owner}</c>, <c>{dba}</c>, <c>{schema}</c> and <c>{db}</c> filled in.</summary>
    public Task RunAsync(string sql) => Tenants.SuperuserAsync(Fill(sql));

    /// <summary>The same as the login that owns the tables.</summary>
    public Task RunAsAdminAsync(string sql) => Tenants.AdminAsync(Fill(sql));

    public Task<NpgsqlConnection> OpenAsync() => OpenAsync(_connectionString);

    public async Task<IReadOnlyList<TrustFinding>> CheckAsync()
    {
        await using var connection = await OpenAsync();
        return await CheckAsync(connection);
    }

    /// <summary>What the login is told of itself; an admin is told the same of it.</summary>
    public async Task<IReadOnlyList<TrustFinding>> CheckAsync(NpgsqlConnection connection)
    {
        var told = await TrustCheck.ReadAsync(connection, Tenants.Installation, login: null, TestContext.Current.CancellationToken);
        await using var admin = await OpenAsync(Tenants.Test.AdminConnectionString);
        await using var transaction = await admin.BeginTransactionAsync(TestContext.Current.CancellationToken);
        Assert.Equal(told, await TrustCheck.ReadAsync(admin, Tenants.Installation, Login, TestContext.Current.CancellationToken));
        return told;
    }

    public ValueTask DisposeAsync() => Tenants.DisposeAsync();

    private static async Task<NpgsqlConnection> OpenAsync(string connectionString)
    {
        var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        return connection;
    }

    private string Fill(string sql) => sql
        .Replace("{login}", Login, StringComparison.Ordinal)
        .Replace("{session}", $"\"{Tenants.Installation.SessionRole}\"", StringComparison.Ordinal)
        .Replace("{admin}", $"\"{Tenants.Installation.AdminRole}\"", StringComparison.Ordinal)
        .Replace("{owner}", $"\"{Tenants.Installation.OwnerRole}\"", StringComparison.Ordinal)
        .Replace("{dba}", Tenants.Test.AdminLogin, StringComparison.Ordinal)
        .Replace("{schema}", Tenants.Installation.QuotedSchema, StringComparison.Ordinal)
        .Replace("{db}", Tenants.Test.Name, StringComparison.Ordinal);
}
