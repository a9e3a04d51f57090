using Tenants.Engine.Sessions;
using Tenants.Engine.Sql;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Sealed;

/// <summary>Servers whose pg_hba.conf refuses the logins that tenants' SQL runs as, or lets them in without a password.</summary>
public class HbaTests
{
    private const string Refused = "28000";

    // Names that pg_hba.conf would take for something else: a word of its own, a list, a group, a comment.
    private const string OddName = "My-App, +all \"x\" #1";

    [Theory]
    [InlineData("app", HbaRoute.Network, true)]
    [InlineData("app", HbaRoute.Network, false)]
    [InlineData("all", HbaRoute.Network, true)]
    [InlineData(OddName, HbaRoute.Network, true)]
    [InlineData(OddName, HbaRoute.Socket, true)]
    [InlineData("app", HbaRoute.Tls, true)]
    public async Task The_line_that_the_error_tells_lets_the_modules_logins_in_and_nobody_else(string name, HbaRoute route, bool isRejected)
    {
        await using var world = await HbaWorld.CreateAsync(name, route);
        var role = Quote.Identifier(world.Installation.SessionRole);
        await world.Server.ExecuteAsync($"create role stranger login password 'x'; create role member login password 'x' in role {role}");
        await world.Server.LetInAsync(isRejected ? [$"{world.Server.Any} reject"] : []);

        var error = await SealedWorld.FailsAsync("LoginRefused", () => world.ConnectAsync());

        Assert.Equal((TenantErrorKind.Authentication, Refused), (error.Kind, error.SqlState));
        Assert.Empty(await world.LoginsAsync());

        await world.Server.AddAsync(HbaServer.LineIn(error.Message));
        await using var database = await world.ConnectAsync();
        Assert.Equal(["acme"], await SealedWorld.QueryAsync(database, "acme", $"select {world.Installation.CurrentTenantCall}::text"));
        Assert.Null(await world.RefusalAsync("member", "x"));
        Assert.Equal(Refused, await world.RefusalAsync("stranger", "x"));
        Assert.Equal(Refused, await world.RefusalAsync("member", "x", "postgres"));
    }

    [Theory]
    [InlineData("app", HbaRoute.Network)]
    [InlineData(OddName, HbaRoute.Network)]
    [InlineData(OddName, HbaRoute.Socket)]
    [InlineData("app", HbaRoute.Tls)]
    public async Task The_line_that_an_app_login_is_told_lets_it_in_and_nobody_else(string name, HbaRoute route)
    {
        await using var world = await HbaWorld.CreateAsync(name, route);
        await world.Server.ExecuteAsync("create role stranger login password 'x'");
        var app = await world.MakeAppAsync();
        await world.Server.LetInAsync();

        var error = await SealedWorld.FailsAsync("AuthenticationFailed", () => world.ConnectAsync(app));

        Assert.Equal(Refused, error.SqlState);
        await world.Server.AddAsync(HbaServer.LineIn(error.Message));
        await using var database = await world.ConnectAsync(app);
        Assert.Equal(["acme"], await SealedWorld.QueryAsync(database, "acme", $"select {world.Installation.CurrentTenantCall}::text"));
        Assert.Equal(Refused, await world.RefusalAsync("stranger", "x"));
    }

    [Fact]
    public async Task A_session_that_is_refused_later_is_told_the_line_as_well()
    {
        await using var world = await HbaWorld.CreateAsync();
        await using var database = await world.ConnectAsync();
        await world.Server.LetInAsync();

        var error = await SealedWorld.FailsAsync("LoginRefused", () => OpenSession.OpenAsync(database, "acme", TestContext.Current.CancellationToken));

        Assert.Single(await world.LoginsAsync());
        await world.Server.AddAsync(HbaServer.LineIn(error.Message));
        await using var session = await OpenSession.OpenAsync(database, "acme", TestContext.Current.CancellationToken);
        Assert.Equal(["1"], await SealedWorld.QueryAsync(session, "select 1"));
    }

    [Fact]
    public async Task Logins_that_need_no_password_are_warned_of()
    {
        await using var world = await HbaWorld.CreateAsync();
        var app = await world.MakeAppAsync();
        await AssertWarnsAsync(false);

        await world.Server.LetInAsync($"{world.Server.Any} trust");
        await AssertWarnsAsync(true);

        async Task AssertWarnsAsync(bool expected)
        {
            await using var own = await world.ConnectAsync();
            await using var service = await world.ConnectAsync(app);
            Assert.All([own, service], database => Assert.Equal(
                expected,
                database.Warnings.Any(w => w.Contains("pg_hba.conf says trust", StringComparison.Ordinal) && w.Contains("scram-sha-256", StringComparison.Ordinal))));
        }
    }
}
