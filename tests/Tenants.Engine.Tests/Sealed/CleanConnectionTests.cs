using Tenants.Engine.Connections;
using Tenants.Engine.Queries;
using Tenants.Engine.Queries.Running;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Sealed;

/// <summary>What one tenant leaves in a connection, whatever the stage at which its call is cut, the next tenant does not find there.</summary>
public class CleanConnectionTests
{
    private const int Callers = 8;
    private const int Calls = 60;

    // All that a connection can keep, with the calling tenant's name in it.
    private const string Litter = """
        do $$ begin
            create temp table if not exists todo_item (tenant text, title text);
            create temp table if not exists left_table (i integer);
            perform set_config('left.behind', 'LITTER', false), set_config('work_mem', '7MB', false), set_config('search_path', 'pg_temp', false);
            perform set_config('role', 'none', false), set_config('statement_timeout', '0', false), set_config('default_transaction_read_only', 'on', false);
            perform pg_advisory_lock_shared(4711), setseed(0.25);
            execute 'prepare left_statement as select 42';
            execute 'listen left_channel';
            execute 'declare left_cursor cursor with hold for select 43';
        end $$
        """;

    private const string Sniff = """
        select concat_ws(',',
            case when to_regclass('pg_temp.todo_item') is not null or to_regclass('pg_temp.left_table') is not null then 'table' end,
            nullif(current_setting('left.behind', true), ''),
            case when current_setting('work_mem') <> '4MB' then 'work_mem' end,
            case when current_setting('search_path') <> 'public' then 'search_path' end,
            case when current_setting('default_transaction_read_only') <> 'off' then 'read_only' end,
            case when current_setting('statement_timeout') = '0' then 'timeout' end,
            case when exists (select from pg_prepared_statements where name = 'left_statement') then 'statement' end,
            case when exists (select from pg_listening_channels()) then 'channel' end,
            case when exists (select from pg_cursors where name = 'left_cursor') then 'cursor' end,
            case when exists (select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) then 'lock' end)
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TenantTrust.Scoped)]
    [InlineData(TenantTrust.Sealed)]
    public async Task Under_load_and_cut_at_every_stage_nothing_reaches_the_next(TenantTrust trust)
    {
        await using var world = await SealedWorld.CreateAsync();
        var database = trust == TenantTrust.Sealed ? await world.ConnectAsync() : world.Base.Database;
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(n => CallAsync(database, n)));
    }

    [Fact]
    public async Task Control_without_cleaning_every_kind_of_litter_is_found()
    {
        await using var world = await SealedWorld.CreateAsync();
        await using var connection = await world.Base.Test.Admin.OpenConnectionAsync(Token);
        foreach (var sql in (string[])["begin", Litter, "commit"])
        {
            await using var command = new Npgsql.NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(Token);
        }

        await using var sniff = new Npgsql.NpgsqlCommand(Sniff, connection);
        Assert.Equal(
            "table,LITTER,work_mem,search_path,read_only,timeout,statement,channel,cursor,lock", (string?)await sniff.ExecuteScalarAsync(Token));
    }

    [Fact]
    public async Task The_seed_of_one_tenant_does_not_tell_what_the_next_one_draws()
    {
        await using var world = await SealedWorld.CreateAsync();
        var database = await world.ConnectAsync();
        await SealedWorld.QueryAsync(database, "acme", "select setseed(0.25)::text");
        var first = await SealedWorld.QueryAsync(database, "globex", "select random()::text");
        await SealedWorld.QueryAsync(database, "acme", "select setseed(0.25)::text");
        Assert.NotEqual(first, await SealedWorld.QueryAsync(database, "globex", "select random()::text"));
    }

    [Fact]
    public async Task The_seed_that_the_next_one_begins_with_stands_nowhere()
    {
        await using var world = await SealedWorld.CreateAsync();
        var database = await world.ConnectAsync();
        var texts = new HashSet<string?>();
        for (var call = 0; call < 3; call++)
        {
            await SealedWorld.QueryAsync(database, "acme", "select 1");
            texts.Add(await TestDatabase.ScalarAsync<string>(
                world.Base.Test.Superuser,
                $"select string_agg(query, ' ') from pg_stat_activity where datname = '{world.Base.Test.Name}' and usename like 'tenants_shared_%'"));
        }

        // What stands there last is the same each time, so that no number drawn by the client is in it.
        Assert.Contains("setseed", Assert.Single(texts), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Types_that_one_tenant_put_before_those_of_a_function_do_not_fail_the_next_one()
    {
        await using var world = await SealedWorld.CreateAsync();
        await world.Base.AdminAsync("create function public.counted() returns int language plpgsql as 'declare word text := ''x''; begin return length(word); end'");
        var database = await world.ConnectAsync();
        for (var call = 0; call < 3; call++)
        {
            await SealedWorld.QueryAsync(database, "acme", "do $$begin create domain pg_temp.text as pg_catalog.text; perform public.counted(); end$$");
            Assert.Equal(["1"], await SealedWorld.QueryAsync(database, "globex", "select public.counted()::pg_catalog.text"));
        }
    }

    [Fact]
    public async Task A_connection_whose_cleaning_fails_is_not_lent_again()
    {
        await using var world = await SealedWorld.CreateAsync();
        var database = await world.ConnectAsync();
        await using var connection = await database.OpenConnectionAsync(Token);
        var backend = connection.ProcessID;
        Assert.False(await CleanUp.RunAsync(connection, "select 1 / 0"));
        await connection.DisposeAsync();

        await using var next = await database.OpenConnectionAsync(Token);
        Assert.NotEqual(backend, next.ProcessID);
    }

    [Theory]
    [InlineData("plpgsql.check_asserts", "off", "on")]
    [InlineData("plpgsql.extra_errors", "''all''", "none")]
    public async Task A_librarys_setting_that_a_tenant_gave_the_login_does_not_reach_the_next_one(string setting, string value, string begin)
    {
        await using var world = await SealedWorld.CreateAsync();
        var database = await world.ConnectAsync();
        await SealedWorld.QueryAsync(database, "acme", $"do $$begin execute format('alter role %I set {setting} = {value}', session_user); end$$");

        // A new connection of the same login begins with what the login was given.
        await TestDatabase.ScalarAsync<long>(
            world.Base.Test.Superuser,
            $"select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = '{world.Base.Test.Name}' and usename like 'tenants_shared_%'");
        Assert.Equal([begin], await SealedWorld.QueryAsync(database, "globex", $"do $$begin end$$; select current_setting('{setting}')"));
    }

    private static async Task CallAsync(TenantDatabase database, int caller)
    {
        var random = new Random(caller);
        for (var i = 0; i < Calls; i++)
        {
            var tenant = random.Next(2) == 0 ? "acme" : "globex";
            Assert.Equal([""], await SealedWorld.QueryAsync(database, tenant, Sniff));
            switch (random.Next(6))
            {
                case 0:
                    await SealedWorld.QueryAsync(database, tenant, Litter);
                    break;
                case 1:
                    // Fails after it littered.
                    await Assert.ThrowsAsync<TenantException>(() => SealedWorld.QueryAsync(database, tenant, Litter + "; select 1 / 0"));
                    break;
                case 2:
                    // Its user stops reading.
                    await using (var cursor = await RunAsync(database, tenant, Litter + "; select g from generate_series(1, 100000) g", Token))
                    {
                        await cursor.NextResultAsync();
                        await cursor.ReadAsync();
                    }

                    break;
                case 3:
                    // Cancelled at any moment, that of connecting included.
                    using (var over = CancellationTokenSource.CreateLinkedTokenSource(Token))
                    {
                        over.CancelAfter(TimeSpan.FromMilliseconds(random.Next(12)));
                        try
                        {
                            await using var cursor = await RunAsync(database, tenant, Litter + "; select pg_sleep(0.01)", over.Token);
                            while (await cursor.NextResultAsync())
                            {
                            }
                        }
                        catch (OperationCanceledException)
                        {
                        }
                    }

                    break;
                case 4:
                    // Its backend is ended in the middle.
                    try
                    {
                        await SealedWorld.QueryAsync(database, tenant, Litter + "; select pg_terminate_backend(pg_backend_pid())");
                    }
                    catch (TenantException e) when (e.Kind == TenantErrorKind.Connection)
                    {
                    }

                    break;
                default:
                    // It runs into its limit.
                    await SealedWorld.FailsAsync("StatementTimeout", () => SealedWorld.QueryAsync(
                        database, tenant, Litter.Replace("set_config('statement_timeout', '0', false)", "1", StringComparison.Ordinal) + "; select pg_sleep(5)", TimeSpan.FromMilliseconds(50)));
                    break;
            }
        }
    }

    private static async Task<QueryCursor> RunAsync(TenantDatabase database, string tenant, string sql, CancellationToken cancellationToken) =>
        await TenantQueries.RunAsync(database, tenant, Query.Parse(sql, QueryParameters.None), new QueryOptions(), cancellationToken);
}
