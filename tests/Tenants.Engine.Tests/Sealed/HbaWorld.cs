using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Isolation.Logins;
using Tenants.Engine.Plans;
using Tenants.Engine.Tenants;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Sealed;

/// <summary>A server whose pg_hba.conf the test writes, and on it a database with the tenant acme.</summary>
internal sealed class HbaWorld : IAsyncDisposable
{
    private readonly TenantDatabase _admin;

    private HbaWorld(HbaServer server, TenantDatabase admin, Installation installation) => (Server, _admin, Installation) = (server, admin, installation);

    public HbaServer Server { get; }

    public Installation Installation { get; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<HbaWorld> CreateAsync(string database = "app", HbaRoute route = HbaRoute.Network)
    {
        var server = await HbaServer.StartAsync(database, route);
        TenantDatabase? admin = null;
        try
        {
            admin = await TenantDatabase.OpenAsync(new ConnectionSettings(server.AdminConnectionString), Token);
            var (plan, _) = await InitializePlanner.PlanAsync(admin, TenantIdType.Text, cancellationToken: Token);
            await PlanRunner.RunAsync(admin, plan, cancellationToken: Token);
            await admin.ForgetInstallationAsync();
            var registry = await TenantRegistry.OpenAsync(admin, Token);
            await registry.CreateAsync([(registry.Parse("acme"), null)], adopt: false, Token);
            await server.ExecuteAsync("revoke create on schema public from public");
            return new HbaWorld(server, admin, await admin.GetInstallationAsync(Token));
        }
        catch
        {
            if (admin is not null)
            {
                await admin.DisposeAsync();
            }

            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>A connection in sealed trust over the admin's credential, or with an app login alone.</summary>
    public Task<TenantDatabase> ConnectAsync(AppLogin? app = null) => TenantDatabase.OpenAsync(
        new ConnectionSettings(Server.AdminConnectionString)
        {
            Trust = TenantTrust.Sealed,
            App = app,
            HasAdmin = app is null,
        },
        Token);

    public async Task<AppLogin> MakeAppAsync()
    {
        var secret = await (await LoginRegistry.OpenAsync(_admin, Token)).CreateAsync(new LoginRequest(TenantLoginKind.App), Token);
        return new AppLogin(secret.Name, secret.Password, secret.Key!);
    }

    /// <summary>The logins that the module made.</summary>
    public async Task<IEnumerable<string>> LoginsAsync() => (await (await LoginRegistry.OpenAsync(_admin, Token)).ListAsync(Token)).Select(l => l.Name);

    /// <summary>Connects as a login of another kind, and gives the state of the error with which pg_hba.conf refuses it; null if it lets it in.</summary>
    public async Task<string?> RefusalAsync(string login, string password, string? database = null)
    {
        var place = new NpgsqlConnectionStringBuilder(Server.AdminConnectionString) { Username = login, Password = password, Pooling = false };
        place.Database = database ?? place.Database;
        await using var connection = new NpgsqlConnection(place.ConnectionString);
        try
        {
            await connection.OpenAsync(Token);
            return null;
        }
        catch (PostgresException e)
        {
            return e.SqlState;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _admin.DisposeAsync();
        await Server.DisposeAsync();
    }
}
