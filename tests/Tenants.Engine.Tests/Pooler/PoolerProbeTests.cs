using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Connections.Pooler;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Pooler;

public class PoolerProbeTests
{
    // What lies in one backend, marks of ours among it.
    private const string Left = """
        select (select count(*) from pg_prepared_statements) + (select count(*) from pg_cursors where name like 'tenants%')
             + (select count(*) from pg_listening_channels()) + (select count(*) from pg_class where relnamespace = pg_my_temp_schema())
             + (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid())
             + (current_setting('role') <> 'none')::int + (current_setting('geqo_seed') <> '0')::int
        """;

    private static readonly TenantPoolerCrossing[] s_all = Enum.GetValues<TenantPoolerCrossing>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Straight_to_the_server_nothing_crosses_and_any_login_works()
    {
        await using var test = await TestDatabase.CreateAsync();
        var (login, direct) = await test.CreateLoginAsync("plain");
        var report = await PoolerProbe.RunAsync(new ConnectionSettings(direct), Token);
        Assert.Equal((TenantPoolerMode.None, TenantStartupOptions.Passed, TenantPoolerUse.AnyLogin), (report.Mode, report.StartupOptions, report.Use));
        Assert.Empty(report.Crossings);
        Assert.Empty(report.NotChecked);
        Assert.Empty(report.Advice);
        Assert.Equal((test.Name, login, test.Server.Version.Major), (report.Database, report.UserName, report.ServerVersion.Major));
    }

    [Theory]
    [InlineData(1, "")]
    [InlineData(20, "")]
    [InlineData(20, "server_round_robin = 1")]
    public async Task By_the_transaction_everything_crosses(int poolSize, string setting)
    {
        await using var pooled = await PooledAsync(new PgBouncerOptions { Mode = TenantPoolerMode.Transaction, PoolSize = poolSize, Settings = [setting] });
        var report = await pooled.ProbeAsync();
        Assert.Equal((TenantPoolerMode.Transaction, TenantStartupOptions.Refused, TenantPoolerUse.AppLogin), (report.Mode, report.StartupOptions, report.Use));
        Assert.Equal(s_all, report.Crossings);
        Assert.Empty(report.NotChecked);
        Assert.Contains(report.Advice, a => a.StartsWith("server_reset_query_always = 1", StringComparison.Ordinal));
        Assert.Contains(report.Advice, a => a.StartsWith("ignore_startup_parameters = options", StringComparison.Ordinal));
        Assert.Contains(report.Advice, a => a.Contains("-AppCredential", StringComparison.Ordinal));
        await pooled.NothingIsLeftAsync();
    }

    [Fact]
    public async Task By_the_transaction_with_what_is_advised_nothing_crosses()
    {
        await using var pooled = await PooledAsync(new PgBouncerOptions
        {
            Mode = TenantPoolerMode.Transaction,
            ServerResetQueryAlways = true,
            IgnoreStartupParameters = "options",
        });
        var report = await pooled.ProbeAsync();
        Assert.Equal((TenantPoolerMode.Transaction, TenantStartupOptions.Ignored, TenantPoolerUse.AppLogin), (report.Mode, report.StartupOptions, report.Use));
        Assert.Empty(report.Crossings);
        Assert.Empty(report.NotChecked);
        Assert.DoesNotContain(report.Advice, a => a.Contains(" = ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    public async Task By_the_session_nothing_crosses(int poolSize)
    {
        await using var pooled = await PooledAsync(new PgBouncerOptions { Mode = TenantPoolerMode.Session, PoolSize = poolSize });
        var report = await pooled.ProbeAsync();
        Assert.Equal((TenantPoolerMode.Session, TenantStartupOptions.Refused), (report.Mode, report.StartupOptions));
        Assert.Empty(report.Crossings);
        Assert.Empty(report.NotChecked);
        Assert.DoesNotContain(report.Advice, a => a.Contains("reset_query", StringComparison.Ordinal));
        await pooled.NothingIsLeftAsync();
    }

    [Fact]
    public async Task By_the_session_without_cleaning_everything_crosses()
    {
        await using var pooled = await PooledAsync(new PgBouncerOptions { Mode = TenantPoolerMode.Session, ServerResetQuery = "", IgnoreStartupParameters = "options" });
        var report = await pooled.ProbeAsync();
        Assert.Equal((TenantPoolerMode.Session, TenantStartupOptions.Ignored, TenantPoolerUse.AppLogin), (report.Mode, report.StartupOptions, report.Use));
        Assert.Equal(s_all, report.Crossings);
        Assert.Contains(report.Advice, a => a.StartsWith("server_reset_query = DISCARD ALL", StringComparison.Ordinal));
        await pooled.NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_cleaning_that_forgets_something_is_told_by_name()
    {
        await using var pooled = await PooledAsync(new PgBouncerOptions
        {
            Mode = TenantPoolerMode.Session,
            ServerResetQuery = "RESET ALL; RESET ROLE; DISCARD TEMP; DEALLOCATE ALL; CLOSE ALL",
        });
        Assert.Equal([TenantPoolerCrossing.Listen, TenantPoolerCrossing.AdvisoryLock], (await pooled.ProbeAsync()).Crossings);
        await pooled.NothingIsLeftAsync();
    }

    [Fact]
    public async Task By_the_statement_the_module_does_not_work()
    {
        await using var pooled = await PooledAsync(new PgBouncerOptions { Mode = TenantPoolerMode.Statement });
        var report = await pooled.ProbeAsync();
        Assert.Equal((TenantPoolerMode.Statement, TenantPoolerUse.None), (report.Mode, report.Use));
        Assert.Equal(s_all, report.Crossings);
        Assert.StartsWith("pool_mode = transaction", report.Advice[0], StringComparison.Ordinal);
        await pooled.NothingIsLeftAsync();
    }

    [Fact]
    public async Task Without_the_right_to_temporary_tables_the_rest_is_tried()
    {
        await using var pooled = await PooledAsync(new PgBouncerOptions());
        await pooled.Test.ExecuteAsync($"revoke temporary on database {pooled.Test.Name} from public");
        var report = await pooled.ProbeAsync();
        Assert.Equal([TenantPoolerCrossing.TemporaryTable], report.NotChecked);
        Assert.Equal(s_all.Except([TenantPoolerCrossing.TemporaryTable]), report.Crossings);
    }

    [Fact]
    public async Task Where_transactions_are_read_only_unless_told_everything_is_tried()
    {
        await using var pooled = await PooledAsync(new PgBouncerOptions());
        await TestDatabase.ExecuteAsync(pooled.Test.Superuser, $"alter role {pooled.Login} set default_transaction_read_only = on");
        Assert.Equal(s_all, (await pooled.ProbeAsync()).Crossings);
        await pooled.NothingIsLeftAsync();
    }

    [Fact]
    public async Task A_full_pool_is_told_and_not_waited_for()
    {
        await using var pooled = await PooledAsync(new PgBouncerOptions { PoolSize = 1 });
        await using var holder = new NpgsqlConnection(pooled.Through);
        await holder.OpenAsync(Token);
        await using var begin = new NpgsqlCommand("begin", holder);
        await begin.ExecuteNonQueryAsync(Token);
        Assert.Equal("PoolerBusy", (await Assert.ThrowsAsync<TenantException>(pooled.ProbeAsync)).ErrorId);
    }

    [Fact]
    public async Task A_wrong_password_is_an_error_of_connecting()
    {
        await using var pooled = await PooledAsync(new PgBouncerOptions());
        var wrong = new NpgsqlConnectionStringBuilder(pooled.Through) { Password = "not-the-word" }.ConnectionString;
        var error = await Assert.ThrowsAsync<TenantException>(() => PoolerProbe.RunAsync(new ConnectionSettings(wrong), Token));
        Assert.NotEqual("ConnectionLost", error.ErrorId);
        Assert.DoesNotContain("not-the-word", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TenantPoolerMode.Session)]
    [InlineData(TenantPoolerMode.Transaction)]
    [InlineData(TenantPoolerMode.Statement)]
    public async Task Cut_anywhere_nothing_is_left(TenantPoolerMode mode)
    {
        await using var pooled = await PooledAsync(new PgBouncerOptions { Mode = mode, ServerResetQuery = "", PoolSize = 4 });
        var cut = 0;
        for (var after = 0; after <= 400; after += 20)
        {
            using var source = CancellationTokenSource.CreateLinkedTokenSource(Token);
            source.CancelAfter(after);
            try
            {
                await PoolerProbe.RunAsync(new ConnectionSettings(pooled.Through), source.Token);
            }
            catch (OperationCanceledException)
            {
                cut++;
            }
        }

        Assert.NotEqual(0, cut);
        await pooled.NothingIsLeftAsync();
    }

    private static async Task<Pooled> PooledAsync(PgBouncerOptions options)
    {
        Assert.SkipUnless(PgBouncer.IsExpected, PgBouncer.SkipReason);
        var test = await TestDatabase.CreateAsync();
        var (login, direct) = await test.CreateLoginAsync("plain");
        var pooler = await PgBouncer.StartAsync(options);
        return new Pooled(test, pooler, options, login, pooler.Through(direct));
    }

    private sealed record Pooled(TestDatabase Test, PgBouncer Pooler, PgBouncerOptions Options, string Login, string Through) : IAsyncDisposable
    {
        public Task<TenantPoolerReport> ProbeAsync() => PoolerProbe.RunAsync(new ConnectionSettings(Through), Token);

        // Asks as many clients at once as there are backends of the login, each of which then has one.
        public async Task NothingIsLeftAsync()
        {
            var backends = await TestDatabase.ScalarAsync<long>(Test.Superuser, "select count(*) from pg_stat_activity where usename = $1", Login);
            Assert.True(backends > 0, "the pooler has no backend that could be looked at");
            var source = Test.CreateSource(new NpgsqlConnectionStringBuilder(Through) { Pooling = false }.ConnectionString);
            var seen = new HashSet<int>();
            var held = new List<NpgsqlConnection>();
            for (var i = 0; i < 50 && seen.Count < backends; i++)
            {
                var connection = await source.OpenConnectionAsync(Token);
                held.Add(connection);
                if (Options.Mode != TenantPoolerMode.Statement && held.Count <= Options.PoolSize)
                {
                    await using var begin = new NpgsqlCommand("begin", connection);
                    await begin.ExecuteNonQueryAsync(Token);
                }
                else if (Options.Mode != TenantPoolerMode.Statement)
                {
                    break;
                }

                await using var command = new NpgsqlCommand($"select pg_backend_pid(), ({Left})", connection);
                await using var reader = await command.ExecuteReaderAsync(Token);
                await reader.ReadAsync(Token);
                seen.Add(reader.GetInt32(0));
                Assert.Equal(0, reader.GetInt64(1));
            }

            foreach (var connection in held)
            {
                await connection.DisposeAsync();
            }

            Assert.NotEmpty(seen);
        }

        public async ValueTask DisposeAsync()
        {
            await Pooler.DisposeAsync();
            await Test.DisposeAsync();
        }
    }
}
