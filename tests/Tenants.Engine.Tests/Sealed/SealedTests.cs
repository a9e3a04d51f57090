using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation.Logins;
using Tenants.Engine.Queries;
using Tenants.Engine.Sessions;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Sealed;

/// <summary>Logins that a sealed connection makes for itself: what they may, how long they live, what becomes of them.</summary>
public class SealedTests
{
    private const string Deaf = "do $$ begin /* deaf */ perform set_config('statement_timeout', '0', false); loop begin perform pg_sleep(600); exception when query_canceled then null; end; end loop; end $$";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_runs_as_a_login_that_has_nothing_to_go_back_to()
    {
        await using var world = await SealedWorld.CreateAsync();
        var database = await world.ConnectAsync();
        Assert.Equal(TenantTrust.Sealed, database.Trust);

        Assert.Equal(["a1"], await SealedWorld.QueryAsync(database, "acme", "select title from todo_item"));
        Assert.Equal(["g1"], await SealedWorld.QueryAsync(database, "globex", "select title from todo_item"));
        var login = Assert.Single(await world.LoginsAsync("shared"));
        Assert.Equal([login], await SealedWorld.QueryAsync(database, "acme", "do $$ begin reset role; reset session authorization; end $$; select session_user::text"));
        Assert.Equal(["a1"], await SealedWorld.QueryAsync(database, "acme", "do $$ begin reset role; reset session authorization; end $$; select title from todo_item"));
        Assert.Equal([], await SealedWorld.QueryAsync(database, "acme", "do $$ begin reset all; end $$; select title from todo_item"));
        Assert.Equal("42501", (await SealedWorld.FailsAsync("PermissionDenied", () =>
            SealedWorld.QueryAsync(database, "acme", $"do $$ begin set role \"{world.Base.Test.AdminLogin}\"; end $$"))).SqlState);
    }

    [Fact]
    public async Task A_write_takes_the_tenant_by_default_and_no_other()
    {
        await using var world = await SealedWorld.CreateAsync();
        var database = await world.ConnectAsync();
        await SealedWorld.QueryAsync(database, "acme", "insert into todo_item (title) values ('a2')");
        Assert.Equal(["a1", "a2"], await SealedWorld.QueryAsync(database, "acme", "select title from todo_item order by 1"));
        await SealedWorld.FailsAsync("RowSecurityViolation", () => SealedWorld.QueryAsync(database, "acme", "insert into todo_item (tenant, title) values ('globex', 'x')"));

        await using var session = await OpenSession.OpenAsync(database, "globex", Token);
        await SealedWorld.QueryAsync(session, "insert into todo_item (title) values ('g2')");
        Assert.Equal(["g1", "g2"], await SealedWorld.QueryAsync(session, "select title from todo_item order by 1"));
    }

    [Fact]
    public async Task A_session_has_a_login_of_its_own_that_goes_with_it()
    {
        await using var world = await SealedWorld.CreateAsync();
        var database = await world.ConnectAsync();
        string login;
        await using (var session = await OpenSession.OpenAsync(database, "acme", Token))
        {
            Assert.Equal(TenantTrust.Sealed, session.Trust);
            login = Assert.Single(await world.LoginsAsync("bound"));
            Assert.Equal([login], await SealedWorld.QueryAsync(session, "select session_user::text"));
            Assert.Equal(["a1"], await SealedWorld.QueryAsync(session, "select title from todo_item"));
            Assert.Equal(["acme"], await SealedWorld.QueryAsync(session, $"select {world.Schema}.current_tenant()"));

            // Nothing that it sets makes it another's.
            await SealedWorld.FailsAsync("ContextInvalid", () => SealedWorld.QueryAsync(session, "set tenants.context = 'x.y'; select title from todo_item"));
            await session.StartTransactionAsync(null, readOnly: false, Token);
            await SealedWorld.QueryAsync(session, "insert into todo_item (title) values ('a2')");
            Assert.Equal(["a1", "a2"], await SealedWorld.QueryAsync(session, "select title from todo_item order by 1"));
            await session.UndoTransactionAsync(Token);
            Assert.Equal(["a1"], await SealedWorld.QueryAsync(session, "select title from todo_item order by 1"));
        }

        Assert.Empty(await world.LoginsAsync("bound"));
        Assert.Equal(0, await world.Base.AdminValueAsync<long>($"select count(*) from {world.Schema}.login where name = '{login}'"));
    }

    [Fact]
    public async Task A_session_that_opens_once_the_last_look_is_old_is_looked_at_and_made_of_no_unfit_login()
    {
        await using var world = await SealedWorld.CreateAsync();
        var lately = await world.ConnectAsync(TimeSpan.FromHours(1));
        var longAgo = await world.ConnectAsync(TimeSpan.Zero);
        await world.Base.SuperuserAsync("create view public.all_of_it as select * from public.todo_item; grant select on public.all_of_it to public");

        var refused = await SealedWorld.FailsAsync("LoginUnfit", () => OpenSession.OpenAsync(longAgo, "acme", Token));
        Assert.Contains("all_of_it", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await world.LoginsAsync("bound"));
        Assert.Equal(0, await world.Base.AdminValueAsync<long>($"select count(*) from {world.Schema}.login where kind = 'bound'"));
        await using (await OpenSession.OpenAsync(lately, "acme", Token))
        {
        }

        await world.Base.SuperuserAsync("revoke select on public.all_of_it from public");
        await using var session = await OpenSession.OpenAsync(longAgo, "acme", Token);
        Assert.Equal(["a1"], await SealedWorld.QueryAsync(session, "select title from todo_item"));
    }

    [Fact]
    public async Task Disconnecting_drops_what_was_made_whatever_a_tenant_left_in_it()
    {
        await using var world = await SealedWorld.CreateAsync();
        var database = await world.ConnectAsync();
        await SealedWorld.QueryAsync(database, "acme", "select lo_create(0)");
        await SealedWorld.QueryAsync(database, "acme", "alter default privileges grant select on tables to public");
        var session = await OpenSession.OpenAsync(database, "acme", Token);
        await SealedWorld.QueryAsync(session, "create temp table t (i integer)");

        await database.DisposeAsync();

        Assert.Empty(await world.LoginsAsync());
        Assert.Equal(0, await world.Base.AdminValueAsync<long>($"select count(*) from {world.Schema}.login"));
    }

    [Fact]
    public async Task A_login_that_vanished_is_replaced()
    {
        await using var world = await SealedWorld.CreateAsync();
        var database = await world.ConnectAsync();
        Assert.Equal(["a1"], await SealedWorld.QueryAsync(database, "acme", "select title from todo_item"));
        var first = Assert.Single(await world.LoginsAsync("shared"));
        await world.Base.SuperuserAsync($"drop owned by \"{first}\"; drop role \"{first}\"");

        Assert.Equal(["a1"], await SealedWorld.QueryAsync(database, "acme", "select title from todo_item"));

        Assert.NotEqual(first, Assert.Single(await world.LoginsAsync("shared")));
    }

    [Fact]
    public async Task A_password_that_a_tenant_altered_is_answered_with_another_login()
    {
        await using var world = await SealedWorld.CreateAsync();
        var database = await world.ConnectAsync();
        await SealedWorld.QueryAsync(database, "acme", "do $$ begin execute format('alter role %I password ''mine''', session_user); end $$");
        var first = Assert.Single(await world.LoginsAsync("shared"));

        // Ends the pool's connections, so that the next call logs in anew.
        await world.Base.SuperuserAsync($"select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = '{first}'");

        Assert.Equal(["a1"], await SealedWorld.QueryAsync(database, "acme", "select title from todo_item"));
        Assert.Contains(await world.LoginsAsync("shared"), l => l != first);
    }

    [Theory]
    [InlineData("work_mem", "7MB")]
    [InlineData("default_transaction_read_only", "on")]
    [InlineData("local_preload_libraries", "nowhere")]
    [InlineData("TimeZone", "Asia/Tokyo")]
    [InlineData("role", "{session}")]
    [InlineData("idle_session_timeout", "1")]
    public async Task Settings_that_a_tenant_gave_the_login_reach_no_other_connection(string setting, string value)
    {
        await using var world = await SealedWorld.CreateAsync();
        var database = await world.ConnectAsync();
        value = value.Replace("{session}", world.Base.Installation.SessionRole, StringComparison.Ordinal);
        await SealedWorld.QueryAsync(database, "acme", $"do $$ begin execute format('alter role %I set {setting} = %L', session_user, '{value}'); end $$");
        var login = Assert.Single(await world.LoginsAsync("shared"));
        await world.Base.SuperuserAsync($"select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = '{login}'");

        Assert.NotEqual([value], await SealedWorld.QueryAsync(database, "globex", $"select current_setting('{setting}')"));
        Assert.Equal(["g1"], await SealedWorld.QueryAsync(database, "globex", "select title from todo_item"));
    }

    [Fact]
    public async Task Keys_that_were_retired_are_replaced_while_sessions_run()
    {
        await using var world = await SealedWorld.CreateAsync();
        var database = await world.ConnectAsync();
        Assert.Equal(["a1"], await SealedWorld.QueryAsync(database, "acme", "select title from todo_item"));
        await world.Base.AdminAsync($"select {world.Schema}.retire_keys(name, interval '0', null) from {world.Schema}.login");

        Assert.Equal(["a1"], await SealedWorld.QueryAsync(database, "acme", "select title from todo_item"));
    }

    [Fact]
    public async Task What_a_killed_process_left_is_swept_once_it_expired_and_nothing_else()
    {
        await using var world = await SealedWorld.CreateAsync();
        var registry = await LoginRegistry.OpenAsync(world.Base.Database, Token);
        var left = await registry.CreateAsync(new LoginRequest(TenantLoginKind.Shared) { ValidFor = TimeSpan.FromHours(1) }, Token);
        var living = await registry.CreateAsync(new LoginRequest(TenantLoginKind.Shared) { ValidFor = TimeSpan.FromHours(1) }, Token);
        var recycled = await registry.CreateAsync(new LoginRequest(TenantLoginKind.Bound) { Tenant = "acme", ValidFor = TimeSpan.FromHours(1) }, Token);
        await world.Base.AdminAsync($"update {world.Schema}.login set expires_at = now() - interval '1 hour' where name in ('{left.Name}', '{recycled.Name}')");
        await world.Base.SuperuserAsync($"drop role \"{recycled.Name}\"; create role \"{recycled.Name}\" login");
        world.Base.Test.RegisterRole(recycled.Name);

        await world.ConnectAsync();

        var logins = await world.LoginsAsync();
        Assert.DoesNotContain(left.Name, logins);
        Assert.Contains(living.Name, logins);
        Assert.Contains(recycled.Name, logins);
        await new LoginRemoval(world.Base.Database, world.Base.Installation).RemoveAsync(living.Name, Token);
    }

    [Theory]
    [InlineData(TenantTrust.Scoped)]
    [InlineData(TenantTrust.Sealed)]
    public async Task A_statement_that_obeys_no_cancel_is_ended_with_its_backend(TenantTrust trust)
    {
        await using var world = await SealedWorld.CreateAsync();
        var database = trust == TenantTrust.Sealed ? await world.ConnectAsync() : world.Base.Database;

        await SealedWorld.FailsAsync("StatementTimeout", () => SealedWorld.QueryAsync(database, "acme", Deaf, TimeSpan.FromSeconds(1)));

        Assert.Equal(0, await DeafAsync(world));
        Assert.Equal(["g1"], await SealedWorld.QueryAsync(database, "globex", "select title from todo_item"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task So_is_one_that_its_user_cancels(bool inSession)
    {
        await using var world = await SealedWorld.CreateAsync();
        var database = await world.ConnectAsync();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        await using var session = inSession ? await OpenSession.OpenAsync(database, "acme", Token) : null;
        var query = Query.Parse(Deaf, QueryParameters.None);
        await using var cursor = session?.Run(query, new QueryOptions(), over.Token) ?? await TenantQueries.RunAsync(database, "acme", query, new QueryOptions(), over.Token);
        var running = cursor.NextResultAsync().AsTask();
        while (await DeafAsync(world) == 0)
        {
            await Task.Delay(50, Token);
        }

        await over.CancelAsync();

        await Assert.ThrowsAsync<OperationCanceledException>(() => running);
        Assert.Equal(0, await DeafAsync(world));
    }

    [Fact]
    public async Task Control_a_cancel_alone_leaves_it_running()
    {
        await using var world = await SealedWorld.CreateAsync();
        await using var connection = await world.Base.Test.Admin.OpenConnectionAsync(Token);
        var process = connection.ProcessID;
        await using var command = new NpgsqlCommand(Deaf, connection) { CommandTimeout = 1 };
        await Assert.ThrowsAnyAsync<Exception>(() => command.ExecuteNonQueryAsync(Token));

        Assert.Equal(1, await DeafAsync(world));

        await world.Base.SuperuserAsync($"select pg_terminate_backend({process}, 5000)");
        Assert.Equal(0, await DeafAsync(world));
    }

    [Fact]
    public async Task An_admin_that_makes_no_roles_is_told_what_a_dba_must_run()
    {
        await using var world = await SealedWorld.CreateAsync();
        await world.Base.SuperuserAsync($"alter role {world.Base.Test.AdminLogin} nocreaterole");

        var refused = await SealedWorld.FailsAsync("PermissionDenied", world.ConnectAsync);

        Assert.Contains($"alter role \"{world.Base.Test.AdminLogin}\" createrole;", refused.Message, StringComparison.Ordinal);
        Assert.Contains("New-TenantLogin -App", refused.Message, StringComparison.Ordinal);
        Assert.Empty(await world.LoginsAsync());
    }

    [Fact]
    public async Task A_bound_login_of_another_tool_is_its_tenants_alone()
    {
        await using var world = await SealedWorld.CreateAsync();
        var registry = await LoginRegistry.OpenAsync(world.Base.Database, Token);
        await SealedWorld.FailsAsync("TenantNotFound", () => registry.CreateAsync(new LoginRequest(TenantLoginKind.Bound) { Tenant = "acmee" }, Token));
        var secret = await registry.CreateAsync(new LoginRequest(TenantLoginKind.Bound) { Tenant = "acme", ValidFor = TimeSpan.FromHours(1) }, Token);
        var source = world.Base.Test.CreateSource(new NpgsqlConnectionStringBuilder(world.Base.Test.AdminConnectionString) { Username = secret.Name, Password = secret.Password }.ConnectionString);

        Assert.Equal(["a1"], await TestDatabase.ColumnAsync<string>(source, "select title from todo_item"));
        await TestDatabase.ExecuteAsync(source, "insert into todo_item (title) values ('a2')");
        Assert.Equal(["a1", "a2"], await TestDatabase.ColumnAsync<string>(source, "select title from todo_item order by 1"));
        var listed = Assert.Single(await registry.ListAsync(Token));
        Assert.Equal((secret.Name, TenantLoginKind.Bound, "acme", true), (listed.Name, listed.Kind, listed.Tenant, listed.CanLogin));
        Assert.True(listed.Connections > 0);

        await new LoginRemoval(world.Base.Database, world.Base.Installation).RemoveAsync(secret.Name, Token);
        Assert.Empty(await registry.ListAsync(Token));
        await Assert.ThrowsAsync<PostgresException>(() => TestDatabase.ColumnAsync<string>(source, "select title from todo_item"));
    }

    // As the superuser: others see neither the text nor the state of a login's sessions.
    private static Task<long> DeafAsync(SealedWorld world) => TestDatabase.ScalarAsync<long>(
        world.Base.Test.Superuser,
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state = 'active' and query like '%/* deaf */%'");
}
