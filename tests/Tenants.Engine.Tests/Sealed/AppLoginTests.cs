using Tenants.Engine.Connections;
using Tenants.Engine.Isolation.Logins;
using Tenants.Engine.Sessions;
using Xunit;

namespace Tenants.Engine.Tests.Sealed;

/// <summary>A service that holds an app login and its key, and no admin's credential.</summary>
public class AppLoginTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_runs_tenants_sql_and_nothing_else()
    {
        await using var world = await SealedWorld.CreateAsync();
        var (_, app) = await CreateAsync(world);
        var database = await world.ConnectAsync(app);
        Assert.Equal(TenantTrust.Sealed, database.Trust);
        Assert.Equal(app.UserName, database.UserName);

        Assert.Equal(["a1"], await SealedWorld.QueryAsync(database, "acme", "select title from todo_item"));
        Assert.Equal(["g1"], await SealedWorld.QueryAsync(database, "globex", "select title from todo_item"));
        await using (var session = await OpenSession.OpenAsync(database, "acme", Token))
        {
            Assert.Equal(TenantTrust.Sealed, session.Trust);
            Assert.Equal(["a1"], await SealedWorld.QueryAsync(session, "select title from todo_item"));
        }

        await SealedWorld.FailsAsync("TenantNotFound", () => SealedWorld.QueryAsync(database, "nobody", "select 1"));
        await SealedWorld.FailsAsync("AdminNeeded", () => LoginRegistry.OpenAsync(database, Token));
    }

    [Fact]
    public async Task A_wrong_key_is_refused_at_once_and_shown_nowhere()
    {
        await using var world = await SealedWorld.CreateAsync();
        var (_, app) = await CreateAsync(world);
        var (_, other) = await CreateAsync(world);

        var refused = await SealedWorld.FailsAsync("KeyRefused", () => world.ConnectAsync(app with { Key = other.Key }));
        Assert.DoesNotContain(other.Key[4..], refused.ToString(), StringComparison.Ordinal);
        var invalid = await SealedWorld.FailsAsync("InvalidSetting", () => world.ConnectAsync(app with { Key = "tk1.abc" }));
        Assert.DoesNotContain("tk1.abc", invalid.ToString(), StringComparison.Ordinal);
        await SealedWorld.FailsAsync("AuthenticationFailed", () => world.ConnectAsync(app with { Password = "wrong" }));
    }

    [Fact]
    public async Task A_key_that_is_replaced_goes_on_for_its_grace()
    {
        await using var world = await SealedWorld.CreateAsync();
        var (registry, app) = await CreateAsync(world);
        var database = await world.ConnectAsync(app);

        var next = await registry.ResetKeyAsync(app.UserName, TimeSpan.FromMinutes(5), Token);
        Assert.Equal(["a1"], await SealedWorld.QueryAsync(database, "acme", "select title from todo_item"));
        Assert.Equal(["a1"], await SealedWorld.QueryAsync(await world.ConnectAsync(app with { Key = next.Key! }), "acme", "select title from todo_item"));

        var last = await registry.ResetKeyAsync(app.UserName, TimeSpan.Zero, Token);
        var refused = await SealedWorld.FailsAsync("KeyRefused", () => SealedWorld.QueryAsync(database, "acme", "select title from todo_item"));
        Assert.Contains("Reset-TenantKey", refused.Message, StringComparison.Ordinal);
        await SealedWorld.FailsAsync("KeyRefused", () => OpenSession.OpenAsync(database, "acme", Token));
        Assert.Equal(["a1"], await SealedWorld.QueryAsync(await world.ConnectAsync(app with { Key = last.Key! }), "acme", "select title from todo_item"));
    }

    [Fact]
    public async Task A_login_that_a_dba_made_is_taken_over()
    {
        await using var world = await SealedWorld.CreateAsync();
        var (name, connectionString) = await world.Base.Test.CreateLoginAsync("svc");
        await world.Base.SuperuserAsync($"grant \"{world.Base.Installation.SessionRole}\" to {name}; alter role {world.Base.Test.AdminLogin} nocreaterole");
        var registry = await LoginRegistry.OpenAsync(world.Base.Database, Token);
        var missing = await SealedWorld.FailsAsync("PermissionDenied", () => registry.CreateAsync(new LoginRequest(TenantLoginKind.App) { Name = world.Base.Test.Name + "_svc2" }, Token));
        Assert.Contains("create role", missing.Message, StringComparison.Ordinal);

        var secret = await registry.CreateAsync(new LoginRequest(TenantLoginKind.App) { Name = name, TakeOver = true }, Token);

        Assert.Null(secret.Password);
        var database = await world.ConnectAsync(new AppLogin(name, new Npgsql.NpgsqlConnectionStringBuilder(connectionString).Password, secret.Key!));
        Assert.Equal(["a1"], await SealedWorld.QueryAsync(database, "acme", "select title from todo_item"));
        await SealedWorld.FailsAsync("LoginExists", () => registry.CreateAsync(new LoginRequest(TenantLoginKind.App) { Name = name, TakeOver = true }, Token));
    }

    private static async Task<(LoginRegistry Registry, AppLogin App)> CreateAsync(SealedWorld world)
    {
        var registry = await LoginRegistry.OpenAsync(world.Base.Database, Token);
        var secret = await registry.CreateAsync(new LoginRequest(TenantLoginKind.App), Token);
        world.Base.Test.RegisterRole(secret.Name);
        return (registry, new AppLogin(secret.Name, secret.Password, secret.Key!));
    }
}
