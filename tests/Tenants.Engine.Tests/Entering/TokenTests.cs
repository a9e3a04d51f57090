using System.Globalization;
using Npgsql;
using Tenants.Engine.Isolation.Keys;
using Tenants.Engine.Isolation.Logins;
using Tenants.Engine.Tenants;
using Tenants.Engine.Tests.Support;
using Xunit;

namespace Tenants.Engine.Tests.Entering;

/// <summary>What a token lets in, and what the context that it leaves is worth: one transaction of one tenant, and nothing else.</summary>
public class TokenTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_token_is_for_one_backend_one_login_one_tenant_and_a_moment()
    {
        await using var scene = await Scene.CreateAsync();
        Assert.Null(await scene.EnterAsync("acme", scene.Sign("acme")));
        Assert.Null(await scene.EnterAsync("acme", scene.Sign("acme", backend: "-")));
        Assert.Equal("TN001", await scene.EnterAsync("globex", scene.Sign("acme")));
        Assert.Equal("TN001", await scene.EnterAsync("acme", scene.Sign("acme", backend: "1")));
        Assert.Equal("TN001", await scene.EnterAsync("acme", scene.Sign("acme", login: "postgres")));
        Assert.Equal("TN004", await scene.EnterAsync("acme", scene.Sign("acme", life: TimeSpan.FromSeconds(-2))));
        Assert.Equal("TN002", await scene.EnterAsync("nobody", scene.Sign("nobody")));
        await scene.World.AdminAsync($"update {scene.Schema}.tenant set state = 'closed' where id = 'globex'");
        Assert.Equal("TN003", await scene.EnterAsync("globex", scene.Sign("globex")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("....")]
    [InlineData("v2")]
    public async Task What_is_no_token_is_refused(string token)
    {
        await using var scene = await Scene.CreateAsync();
        Assert.Equal("TN001", await scene.EnterAsync("acme", token));
    }

    [Fact]
    public async Task A_token_that_was_touched_anywhere_is_refused()
    {
        await using var scene = await Scene.CreateAsync();
        var good = scene.Sign("acme");
        Assert.Equal("TN001", await scene.EnterAsync("acme", good[..^1]));
        Assert.Equal("TN001", await scene.EnterAsync("acme", good + "0"));
        Assert.Equal("TN001", await scene.EnterAsync("acme", good.ToUpperInvariant()));
        for (var i = 0; i < good.Length; i++)
        {
            var other = good[i] is '0' or '.' or 'v' ? '1' : '0';
            Assert.True(await scene.EnterAsync("acme", good[..i] + other + good[(i + 1)..]) is "TN001" or "TN004", $"at {i}");
        }
    }

    [Fact]
    public async Task A_context_is_worth_nothing_in_the_next_transaction_of_its_own_backend()
    {
        await using var scene = await Scene.CreateAsync();
        var stolen = await scene.WithinAsync("acme", "select current_setting('tenants.context')");
        Assert.Equal("1", await scene.WithinAsync("acme", "select count(*)::text from todo_item"));

        var replay = $"select set_config('tenants.context', '{stolen}', true), set_config('tenants.tenant', 'acme', true)";
        Assert.Equal("TN001", await scene.StateAsync($"begin; {replay}; select count(*) from todo_item"));
        Assert.Equal("TN001", await scene.StateAsync($"{replay}; select count(*) from todo_item"));
    }

    [Fact]
    public async Task The_clocks_of_client_and_server_may_differ_by_an_hour()
    {
        await using var scene = await Scene.CreateAsync();

        // This machine's clock is an hour off for a server an hour ahead or behind: what is signed follows the server's.
        foreach (var hours in (int[])[-1, 1])
        {
            var there = DateTime.UtcNow.AddHours(hours);
            Assert.InRange((new ServerClock(there).Now - there).TotalSeconds, 0, 5);
        }

        // By a clock that is behind a token is dead when it comes.
        Assert.Equal("TN004", await scene.EnterAsync("acme", scene.Sign("acme", now: scene.Signer.Clock.Now.AddHours(-1))));
        Assert.Null(await scene.EnterAsync("acme", scene.Sign("acme", now: scene.Signer.Clock.Now)));
    }

    [Fact]
    public async Task Work_that_runs_three_times_as_long_as_the_token_lives_goes_on()
    {
        await using var scene = await Scene.CreateAsync();
        await scene.World.AdminAsync("""
            create function public.slow() returns text language plpgsql as $$
            begin perform pg_sleep(6.5); return (select string_agg(title, ',') from public.todo_item); end $$
            """);
        Assert.Equal("a1", await scene.WithinAsync("acme", "select public.slow()", scene.Sign("acme", life: TimeSpan.FromSeconds(2))));
    }

    [Fact]
    public async Task A_generic_plan_serves_each_tenant_its_own()
    {
        await using var scene = await Scene.CreateAsync();
        await scene.StateAsync("set plan_cache_mode = force_generic_plan; prepare rows(text) as select title from todo_item where title <> $1");
        foreach (var (tenant, title) in ((string, string)[])[("acme", "a1"), ("globex", "g1"), ("acme", "a1")])
        {
            Assert.Equal(title, await scene.WithinAsync(tenant, "execute rows('x')"));
        }

        Assert.Equal("3", await scene.ValueAsync("select generic_plans from pg_prepared_statements where name = 'rows'"));
    }

    [Fact]
    public async Task Functions_that_call_functions_and_savepoints_stay_with_the_tenant()
    {
        await using var scene = await Scene.CreateAsync();
        await scene.World.AdminAsync("""
            create function public.inner_titles() returns setof text language sql stable as 'select title from public.todo_item';
            create function public.outer_titles() returns text language plpgsql as $$
            begin
                begin
                    perform 1 / 0;
                exception when division_by_zero then null;
                end;
                return (select string_agg(t, ',') from public.inner_titles() t);
            end $$
            """);
        Assert.Equal("a1", await scene.WithinAsync("acme", "select public.outer_titles()"));
        Assert.Equal("g1", await scene.WithinAsync("globex", "select public.outer_titles()"));
    }

    [Fact]
    public async Task A_login_that_is_gone_enters_nothing_and_its_number_gives_its_key_to_nobody()
    {
        await using var scene = await Scene.CreateAsync();
        var registry = await LoginRegistry.OpenAsync(scene.World.Database, Token);
        var (secret, signer) = await registry.MakeAsync(new LoginRequest(TenantLoginKind.Shared) { ValidFor = TimeSpan.FromHours(1) }, isJudged: false, Token);
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(scene.World.Test.AdminConnectionString)
        {
            Username = secret.Name, Password = secret.Password, Pooling = false,
        }.ConnectionString);
        await using var connection = await source.OpenConnectionAsync(Token);
        await scene.World.SuperuserAsync($"drop owned by \"{secret.Name}\"; drop role \"{secret.Name}\"");

        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { signer!.Enter(scene.World.Installation, connection, TenantId.Parse("acme", TenantIdType.Text)) } };
        var refused = await Assert.ThrowsAsync<PostgresException>(() => batch.ExecuteNonQueryAsync(Token));
        Assert.Contains(refused.SqlState, (string[])["TN001", "42704"]);

        // The next key made sweeps away what belongs to logins that are gone.
        await registry.CreateAsync(new LoginRequest(TenantLoginKind.App), Token);
        Assert.Equal(0, await scene.World.AdminValueAsync<long>($"select count(*) from {scene.Schema}.login l where name = '{secret.Name}' and exists (select from pg_roles r where r.oid = l.oid)"));
        Assert.Equal(0L, await Testing.TestDatabase.ScalarAsync<long>(scene.World.Test.Superuser, $"select count(*) from {scene.Schema}.key k where not exists (select from pg_roles r where r.oid = k.login)"));
    }

    /// <summary>One connection as the admin, and a key that signs for it.</summary>
    private sealed class Scene : IAsyncDisposable
    {
        private Scene(TenantWorld world, NpgsqlConnection connection, SigningKey key, TokenSigner signer) =>
            (World, Connection, Key, Signer) = (world, connection, key, signer);

        public TenantWorld World { get; }

        public string Schema => World.Installation.QuotedSchema;

        public TokenSigner Signer { get; }

        private NpgsqlConnection Connection { get; }

        private SigningKey Key { get; }

        public static async Task<Scene> CreateAsync()
        {
            var world = await TenantWorld.CreateAsync();
            await world.CreateTodoAsync();
            await world.EnableAsync();
            var connection = await world.Test.Admin.OpenConnectionAsync(Token);
            var (key, signer) = await KeyMaker.CreateAsync(connection, world.Installation, world.Test.AdminLogin, TimeSpan.FromHours(1), Token);
            return new Scene(world, connection, key, signer);
        }

        public string Sign(string tenant, string? backend = null, string? login = null, TimeSpan? life = null, DateTime? now = null) => Key.Sign(
            backend ?? Connection.ProcessID.ToString(CultureInfo.InvariantCulture),
            login ?? World.Test.AdminLogin,
            TenantId.Parse(tenant, TenantIdType.Text),
            (now ?? Signer.Clock.Now) + (life ?? TimeSpan.FromSeconds(30)));

        /// <summary>The SQLSTATE that a token meets; null where it lets in.</summary>
        public async Task<string?> EnterAsync(string tenant, string token)
        {
            await using var enter = new NpgsqlCommand($"select {Schema}.enter($1, $2)", Connection)
            {
                Parameters = { new NpgsqlParameter<string> { TypedValue = tenant }, new NpgsqlParameter<string> { TypedValue = token } },
            };
            try
            {
                await enter.ExecuteNonQueryAsync(Token);
                return null;
            }
            catch (PostgresException e)
            {
                return e.SqlState;
            }
        }

        /// <summary>The first value of a statement in a tenant's transaction.</summary>
        public async Task<string?> WithinAsync(string tenant, string sql, string? token = null)
        {
            await using var transaction = await Connection.BeginTransactionAsync(Token);
            Assert.Null(await EnterAsync(tenant, token ?? Sign(tenant)));
            await using (var role = new NpgsqlCommand($"set local role \"{World.Installation.SessionRole}\"", Connection))
            {
                await role.ExecuteNonQueryAsync(Token);
            }

            var value = await ValueAsync(sql);
            await transaction.CommitAsync(Token);
            return value;
        }

        public async Task<string?> ValueAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, Connection);
            return (await command.ExecuteScalarAsync(Token))?.ToString();
        }

        /// <summary>The SQLSTATE of a script; null where it runs.</summary>
        public async Task<string?> StateAsync(string sql)
        {
            try
            {
                await using var command = new NpgsqlCommand(sql, Connection);
                await command.ExecuteNonQueryAsync(Token);
                return null;
            }
            catch (PostgresException e)
            {
                await using var rollback = new NpgsqlCommand("rollback", Connection);
                await rollback.ExecuteNonQueryAsync(Token);
                return e.SqlState;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await Connection.DisposeAsync();
            await World.DisposeAsync();
        }
    }
}
