using System.Diagnostics;
using Tenants.Engine.Connections;
using Tenants.Engine.Plans;
using Tenants.Engine.Tenants;
using Tenants.Engine.Tests.Support;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Registry;

public class RegistryTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Odd_identifiers_are_distinct_and_come_back_as_they_were()
    {
        string[] names =
        [
            "x_tenant_y", "a'b\"c", "日本", new('z', 200), new('長', 255), "Acme", "ACME", "a*b", "a?b", "[ab]", "a]b", "a`b", "a\\b", "a%b", "a_b",
            " leading", "trailing ", "semi;colon", "--comment", "$1", "@name", "null", "tenants", "😀", "é",
        ];
        await using var world = await TenantWorld.CreateAsync();
        var registry = await TenantRegistry.OpenAsync(world.Database, Token);
        var creation = await registry.CreateAsync([.. names.Select(n => (registry.Parse(n), (string?)$"name of {n}"))], adopt: false, Token);
        Assert.Empty(creation.Failures);
        Assert.Equal(names, creation.Created.Select(c => c.Tenant));
        foreach (var name in names)
        {
            var found = await registry.GetAsync(registry.Parse(name), Token);
            Assert.Equal((name, $"name of {name}", TenantState.Active), (found.Tenant, found.DisplayName, found.State));
            Assert.InRange(found.CreatedAt, DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        }

        Assert.Equal(names.Append("acme").Append("globex").Order(StringComparer.Ordinal), (await ListAsync(registry, null)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\tb")]
    [InlineData("a\u200Bb")]
    [InlineData("e\u0301")]
    [InlineData("a\0b")]
    public void What_looks_like_another_identifier_is_none(string name) =>
        Assert.Equal("InvalidTenant", Assert.Throws<TenantException>(() => TenantId.Parse(name, TenantIdType.Text)).ErrorId);

    [Theory]
    [InlineData("ac*", new[] { "acme", "acne" })]
    [InlineData("ac?e", new[] { "acme", "acne" })]
    [InlineData("ac[mx]e", new[] { "acme" })]
    [InlineData("ac[l-n]e", new[] { "acme", "acne" })]
    [InlineData("AC*", new string[0])]
    [InlineData("*", new[] { "(a)", "a*b", "a.b", "a_b", "acme", "acne", "globex" })]
    [InlineData("a`*b", new[] { "a*b" })]
    [InlineData("a.b*", new[] { "a.b" })]
    [InlineData("a_b*", new[] { "a_b" })]
    [InlineData("(a)*", new[] { "(a)" })]
    [InlineData("*cm*", new[] { "acme" })]
    public async Task Wildcards_are_PowerShells(string pattern, string[] expected)
    {
        await using var world = await TenantWorld.CreateAsync();
        var registry = await TenantRegistry.OpenAsync(world.Database, Token);
        await CreateAsync(registry, "acne", "a*b", "a.b", "a_b", "(a)");
        Assert.Equal(expected, await ListAsync(registry, pattern));
    }

    [Fact]
    public async Task Long_lists_come_whole_and_in_order()
    {
        await using var world = await TenantWorld.CreateAsync();
        var registry = await TenantRegistry.OpenAsync(world.Database, Token);
        var names = Enumerable.Range(0, 12_000).Select(i => $"t{i:00000}").ToArray();
        var clock = Stopwatch.StartNew();
        await CreateAsync(registry, names);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"it took {clock.Elapsed}");
        Assert.Equal(names, await ListAsync(registry, "t*"));
    }

    [Fact]
    public async Task One_that_is_there_is_told_and_the_others_are_made()
    {
        await using var world = await TenantWorld.CreateAsync();
        var registry = await TenantRegistry.OpenAsync(world.Database, Token);
        var creation = await registry.CreateAsync([.. Ids(registry, "new", "acme", "new")], adopt: false, Token);
        Assert.Equal("new", Assert.Single(creation.Created).Tenant);
        Assert.Equal(["acme", "new"], creation.Failures.Select(f => f.Tenant).Order());
        Assert.All(creation.Failures, f => Assert.Equal("TenantAlreadyExists", f.ErrorId));
    }

    [Fact]
    public async Task An_identifier_with_rows_is_only_given_to_who_adopts_them()
    {
        await using var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();
        await world.AdminAsync("insert into todo_item values ('left', 'l1')");
        await world.EnableAsync();
        var registry = await TenantRegistry.OpenAsync(world.Database, Token);
        var refused = await registry.CreateAsync([.. Ids(registry, "left", "fresh")], adopt: false, Token);
        Assert.Equal("fresh", Assert.Single(refused.Created).Tenant);
        var failure = Assert.Single(refused.Failures);
        Assert.Equal(("TenantHasData", "left", "public.todo_item"), (failure.ErrorId, failure.Tenant, failure.Table));
        Assert.Null(await registry.FindAsync(registry.Parse("left"), Token));

        Assert.Equal("left", Assert.Single((await registry.CreateAsync([.. Ids(registry, "left")], adopt: true, Token)).Created).Tenant);
        Assert.Equal(["l1"], await world.TenantAsync<string>("left", "select title from todo_item"));
    }

    [Fact]
    public async Task An_unknown_tenant_is_an_error_with_near_names()
    {
        await using var world = await TenantWorld.CreateAsync();
        var registry = await TenantRegistry.OpenAsync(world.Database, Token);
        var error = await Assert.ThrowsAsync<TenantException>(() => registry.GetAsync(registry.Parse("acmee"), Token));
        Assert.Equal(("TenantNotFound", TenantErrorKind.NotFound, "acmee"), (error.ErrorId, error.Kind, error.Tenant));
        Assert.Contains("'acme'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Identifiers_of_the_databases_type_are_one_however_they_are_written()
    {
        await using var test = await TestDatabase.CreateAsync();
        await using var database = await TenantDatabase.OpenAsync(new ConnectionSettings(test.AdminConnectionString), Token);
        await PlanRunner.RunAsync(database, (await InitializePlanner.PlanAsync(database, TenantIdType.Bigint, cancellationToken: Token)).Plan, cancellationToken: Token);
        var registry = await TenantRegistry.OpenAsync(database, Token);
        await CreateAsync(registry, "007");
        Assert.Equal("7", (await registry.GetAsync(registry.Parse("+7"), Token)).Tenant);
        Assert.Equal("InvalidTenant", Assert.Throws<TenantException>(() => registry.Parse("seven")).ErrorId);
    }

    [Fact]
    public async Task A_login_that_is_no_admin_is_told_what_to_grant()
    {
        await using var world = await TenantWorld.CreateAsync();
        var (login, connectionString) = await world.Test.CreateLoginAsync("plain");
        await using var database = await TenantDatabase.OpenAsync(new ConnectionSettings(connectionString), Token);
        var error = await Assert.ThrowsAsync<TenantException>(() => TenantRegistry.OpenAsync(database, Token));
        Assert.Equal("PermissionDenied", error.ErrorId);

        // What it says is what helps.
        var statement = error.Message[error.Message.IndexOf("grant ", StringComparison.Ordinal)..].Split(';')[0];
        await world.SuperuserAsync(statement);
        var registry = await TenantRegistry.OpenAsync(database, Token);
        await CreateAsync(registry, "by-" + login);
        Assert.Equal(3, (await ListAsync(registry, null)).Count);
    }

    private static async Task CreateAsync(TenantRegistry registry, params string[] names) =>
        Assert.Empty((await registry.CreateAsync([.. Ids(registry, names)], adopt: false, Token)).Failures);

    private static IEnumerable<(TenantId, string?)> Ids(TenantRegistry registry, params string[] names) => names.Select(n => (registry.Parse(n), (string?)null));

    private static async Task<List<string>> ListAsync(TenantRegistry registry, string? pattern)
    {
        var found = new List<string>();
        await foreach (var tenant in registry.ListAsync(pattern, Token))
        {
            found.Add(tenant.Tenant);
        }

        return found;
    }
}
