using Tenants.Engine.Connections;
using Tenants.Engine.Isolation.Logins;
using Tenants.Engine.Sessions;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Sealed;

/// <summary>An app login behind a pooler that lends its backends for a transaction: all clients share one backend here.</summary>
public class PooledTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory(SkipUnless = nameof(PgBouncer.IsExpected), SkipType = typeof(PgBouncer), Skip = "there is no pgbouncer on this machine")]
    [InlineData("")]
    [InlineData("options")]
    public async Task What_a_tenant_leaves_in_the_backend_reaches_no_other(string ignored)
    {
        await using var world = await SealedWorld.CreateAsync();
        var app = await CreateAsync(world);
        await using var pooler = await PgBouncer.StartAsync(new PgBouncerOptions { PoolSize = 1, IgnoreStartupParameters = ignored });
        await using var database = await ConnectAsync(world, pooler, app);
        Assert.Contains(database.Warnings, w => w.Contains("pooler", StringComparison.Ordinal));

        Assert.Equal(["a1"], await SealedWorld.QueryAsync(database, "acme", "select title from todo_item"));
        await SealedWorld.QueryAsync(
            database,
            "acme",
            """
            do $$ begin
                create temp table todo_item (tenant text, title text);
                perform set_config('work_mem', '7MB', false), set_config('left.behind', 'yes', false), set_config('statement_timeout', '0', false);
                perform set_config('default_transaction_read_only', 'on', false), set_config('default_transaction_isolation', 'serializable', false);
                perform set_config('search_path', 'pg_temp, pg_catalog', false), set_config('tenants.tenant', 'acme', false), set_config('tenants.context', 'x.y', false);
                perform pg_advisory_lock(4711), setseed(0.5);
                listen left_behind;
            end $$
            """);
        await SealedWorld.FailsAsync("InvalidValue", () => SealedWorld.QueryAsync(
            database, "acme", "do $$ begin perform pg_advisory_lock(4712), set_config('work_mem', '7MB', false); perform 1 / 0; end $$"));

        Assert.Equal(["g1"], await SealedWorld.QueryAsync(database, "globex", "select title from todo_item"));
        await SealedWorld.QueryAsync(database, "globex", "update todo_item set title = title");
        Assert.Equal(
            ["4MB||public|0|0"],
            await SealedWorld.QueryAsync(
                database,
                "globex",
                """
                select current_setting('work_mem') || '|' || coalesce(current_setting('left.behind', true), '') || '|' || current_setting('search_path')
                    || '|' || (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid())
                    || '|' || (select count(*) from pg_listening_channels())
                """));

        // Another client of the pooler finds it clean as well, and what it leaves does not rule the next transaction.
        var other = world.Base.Test.CreateSource(pooler.Through(new Npgsql.NpgsqlConnectionStringBuilder(world.Base.Test.AdminConnectionString)
        {
            Username = app.UserName, Password = app.Password, NoResetOnClose = true,
        }.ConnectionString));
        await SealedWorld.QueryAsync(database, "acme", "select set_config('work_mem', '7MB', false)");
        Assert.Equal("4MB", await TestDatabase.ScalarAsync<string>(other, "select current_setting('work_mem')"));
        await TestDatabase.ExecuteAsync(other, "set session characteristics as transaction isolation level serializable, read only");
        await SealedWorld.QueryAsync(database, "globex", "update todo_item set title = title");
        Assert.Equal(["read committed"], await SealedWorld.QueryAsync(database, "globex", "select current_setting('transaction_isolation')"));
    }

    [Fact(SkipUnless = nameof(PgBouncer.IsExpected), SkipType = typeof(PgBouncer), Skip = "there is no pgbouncer on this machine")]
    public async Task Sessions_and_transactions_work_and_what_the_admin_does_goes_past_the_pooler()
    {
        await using var world = await SealedWorld.CreateAsync();
        var app = await CreateAsync(world);
        await using var pooler = await PgBouncer.StartAsync(new PgBouncerOptions { PoolSize = 2 });
        var direct = new Npgsql.NpgsqlConnectionStringBuilder(world.Base.Test.AdminConnectionString);
        await using var database = await TenantDatabase.OpenAsync(
            new ConnectionSettings(pooler.Through(world.Base.Test.AdminConnectionString)) { App = app, AdminServer = direct.Host, AdminPort = direct.Port }, Token);
        Assert.Contains(await (await LoginRegistry.OpenAsync(database, Token)).ListAsync(Token), l => l.Name == app.UserName);

        await using var session = await OpenSession.OpenAsync(database, "acme", Token);
        await session.StartTransactionAsync(null, readOnly: false, Token);
        await SealedWorld.QueryAsync(session, "insert into todo_item (title) values ('a2')");
        Assert.Equal(["a1", "a2"], await SealedWorld.QueryAsync(session, "select title from todo_item order by 1"));
        await session.UndoTransactionAsync(Token);
        await session.StartTransactionAsync(null, readOnly: false, Token);
        await SealedWorld.QueryAsync(session, "insert into todo_item (title) values ('a3')");
        await session.CompleteTransactionAsync(Token);
        Assert.Equal(["a1", "a3"], await SealedWorld.QueryAsync(session, "select title from todo_item order by 1"));
        Assert.Equal(["g1"], await SealedWorld.QueryAsync(database, "globex", "select title from todo_item"));
    }

    [Fact(SkipUnless = nameof(PgBouncer.IsExpected), SkipType = typeof(PgBouncer), Skip = "there is no pgbouncer on this machine")]
    public async Task A_login_made_for_a_moment_is_no_use_there_and_it_says_so()
    {
        await using var world = await SealedWorld.CreateAsync();
        await using var pooler = await PgBouncer.StartAsync();
        var refused = await SealedWorld.FailsAsync("PoolerNotSupported", () => TenantDatabase.OpenAsync(
            new ConnectionSettings(pooler.Through(world.Base.Test.AdminConnectionString)) { Trust = TenantTrust.Sealed }, Token));
        Assert.Contains("New-TenantLogin -App", refused.Message, StringComparison.Ordinal);
    }

    [Fact(SkipUnless = nameof(PgBouncer.IsExpected), SkipType = typeof(PgBouncer), Skip = "there is no pgbouncer on this machine")]
    public async Task What_a_pooler_refuses_is_told_as_what_it_is()
    {
        await using var world = await SealedWorld.CreateAsync();
        var app = await CreateAsync(world);
        await using var pooler = await PgBouncer.StartAsync();
        await using var listed = await PgBouncer.StartAsync(new PgBouncerOptions { IgnoreStartupParameters = "options", Settings = ["max_client_conn = 1"] });

        var wrong = await SealedWorld.FailsAsync("AuthenticationFailed", () => ConnectAsync(world, pooler, app with { Password = "wrong" }));
        Assert.Contains(app.UserName, wrong.Message, StringComparison.Ordinal);
        await SealedWorld.FailsAsync("AuthenticationFailed", () => ConnectAsync(world, pooler, app with { UserName = "nobody_at_all" }));

        await using var first = await ConnectAsync(world, listed, app);
        await using var session = await OpenSession.OpenAsync(first, "acme", Token);
        var full = await SealedWorld.FailsAsync("ConnectionFailed", () => ConnectAsync(world, listed, app));
        Assert.Contains("max_client_conn", full.Message, StringComparison.Ordinal);
    }

    private static async Task<AppLogin> CreateAsync(SealedWorld world)
    {
        var registry = await LoginRegistry.OpenAsync(world.Base.Database, Token);
        var secret = await registry.CreateAsync(new LoginRequest(TenantLoginKind.App), Token);
        world.Base.Test.RegisterRole(secret.Name);
        return new AppLogin(secret.Name, secret.Password, secret.Key!);
    }

    private static Task<TenantDatabase> ConnectAsync(SealedWorld world, PgBouncer pooler, AppLogin app) => TenantDatabase.OpenAsync(
        new ConnectionSettings(pooler.Through(world.Base.Test.AdminConnectionString)) { App = app, HasAdmin = false }, Token);
}
