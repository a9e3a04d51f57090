using System.Globalization;
using Tenants.Engine.Connections;
using Tenants.Engine.Queries;
using Tenants.Engine.Queries.Many;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Queries.Many;

/// <summary>A query as many tenants: each its own transaction, its own rows, its own failure.</summary>
public sealed class ManyTenantsTests : IAsyncLifetime
{
    private QueryDatabase _database = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await QueryDatabase.CreateAsync();
        await TestDatabase.ExecuteAsync(_database.Test.Superuser, """
            insert into tenants.tenant (id) select 't' || lpad(n::text, 3, '0') from generate_series(1, 200) n;
            insert into todo_item (tenant, title) select id, 'of ' || id from tenants.tenant;
            """);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_tenant_gets_its_own_rows_and_no_others(bool keepOrder)
    {
        var names = Names(200);
        var read = await RunAsync(names, "select title from todo_item", Options(keepOrder: keepOrder));
        Assert.Equal(names, keepOrder ? read.Select(r => r.Tenant) : read.Select(r => r.Tenant).Order(StringComparer.Ordinal));
        Assert.All(read, r => Assert.Equal(["of " + r.Tenant], r.Rows));
    }

    [Fact]
    public async Task Several_run_at_once_and_never_more_than_wanted()
    {
        var running = RunAsync(Names(20), "select pg_sleep(0.3)", Options(4));
        var most = 0L;
        while (!running.IsCompleted)
        {
            most = Math.Max(most, await ActiveAsync());
        }

        Assert.All(await running, r => Assert.Null(r.Failure));
        Assert.InRange(most, 2, 4);
    }

    [Fact]
    public async Task One_tenants_failure_is_its_own()
    {
        var read = await RunAsync(["acme", "nobody", "gone", "globex"], "select 1 / (case tenants.current_tenant() when 'acme' then 0 else 1 end)", Options());
        string? Error(string tenant) => (read.Single(r => r.Tenant == tenant).Failure as TenantException)?.ErrorId;
        Assert.Equal("TenantNotFound", Error("nobody"));
        Assert.Equal("TenantClosed", Error("gone"));
        Assert.Equal("22012", (read.Single(r => r.Tenant == "acme").Failure as TenantException)?.SqlState);
        Assert.Null(Error("globex"));
        Assert.Equal([1], read.Single(r => r.Tenant == "globex").Rows);
    }

    [Fact]
    public async Task Rows_of_one_tenant_stay_together_and_in_their_order()
    {
        var read = await RunAsync(Names(12), "select i from generate_series(1, 3000) i", Options(4));
        Assert.Equal(12, read.Count);
        Assert.All(read, r => Assert.Equal(Enumerable.Range(1, 3000), r.Rows.Cast<int>()));
    }

    [Fact]
    public async Task A_slow_reader_holds_the_tenants_back()
    {
        var many = new ManyTenantsQuery(_database.Database, Parse("select i from generate_series(1, 1000) i"), Options(3), Token);
        await using (many)
        {
            var added = 0;
            while (added < 5000 && many.TryAdd("acme"))
            {
                added++;
            }

            // What nobody reads is bounded, however many there are.
            Assert.InRange(added, 3, 100);
        }
    }

    [Theory]
    [InlineData("select repeat(i::text, 1) || repeat('x', 1000) from generate_series(1, 20000) i", false)]
    [InlineData("select repeat(i::text, 1) || repeat('x', 1000) from generate_series(1, 20000) i", true)]
    [InlineData("insert into todo_item (title) select repeat('x', 1000) from generate_series(1, 20000) i returning title", true)]
    public async Task A_tenant_whose_turn_does_not_come_gives_way_and_runs_again_when_it_has_come(string sql, bool keepOrder)
    {
        await using var many = new ManyTenantsQuery(
            _database.Database, Parse(sql), Options(3, keepOrder) with { Patience = TimeSpan.FromMilliseconds(200) }, Token);
        foreach (var tenant in Names(3))
        {
            Assert.True(many.TryAdd(tenant));
        }

        var first = await many.NextAsync();
        Assert.NotNull(await first!.ReadAsync());

        // The others have stopped: their transactions are over, though nobody has read them.
        await WaitUntilAsync(async () => await OpenTransactionsAsync() <= 1);
        var read = new List<Read> { await ReadAsync(first) };
        while (await many.NextAsync() is { } next)
        {
            read.Add(await ReadAsync(next));
        }

        Assert.Equal(3, read.Count);
        Assert.All(read, r => Assert.Null(r.Failure));
        Assert.All(read, r => Assert.DoesNotContain(r.Rows, i => i is ServerNotice));
        Assert.Equal([20000, 20000], read.Skip(1).Select(r => r.Rows.Count));
        Assert.Equal(sql.StartsWith("insert", StringComparison.Ordinal) ? 60000L : 0L, await TestDatabase.ScalarAsync<long>(_database.Test.Superuser, "select count(*) from todo_item where title like 'x%'"));
    }

    [Fact]
    public async Task What_was_read_comes_before_the_rest_is_there()
    {
        await using var many = new ManyTenantsQuery(
            _database.Database, Parse("select i, repeat('x', 200), pg_sleep(case when i > 2000 then 60 else 0 end) from generate_series(1, 3000) i"), Options(), Token);
        many.TryAdd("acme");
        var run = await many.NextAsync();
        Assert.Equal(1, (await run!.ReadAsync())![0]);
    }

    [Fact]
    public async Task Stopping_cancels_every_statement_and_leaves_clean_connections()
    {
        using var stop = new CancellationTokenSource();
        var many = new ManyTenantsQuery(_database.Database, Parse("create temp table left_behind (x int); select pg_sleep(60)"), Options(4), stop.Token);
        foreach (var tenant in Names(10))
        {
            many.TryAdd(tenant);
        }

        await WaitUntilAsync(async () => await ActiveAsync() == 4);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            if (await many.NextAsync() is { } run)
            {
                await run.ReadAsync();
            }

            stop.Token.ThrowIfCancellationRequested();
        });
        await many.DisposeAsync();
        Assert.Equal(0L, await OpenTransactionsAsync());
        var read = await RunAsync(Names(8), "select count(*) from pg_class where relname = 'left_behind' and pg_table_is_visible(oid)", Options(4));
        Assert.All(read, r => Assert.Equal([0L], r.Rows));
    }

    [Fact]
    public async Task Where_the_login_may_have_fewer_connections_fewer_run_and_none_fails()
    {
        await TestDatabase.ExecuteAsync(_database.Test.Superuser, $"alter role {_database.Test.AdminLogin} connection limit 3");
        _database.Test.Admin.Clear();
        var read = await RunAsync(Names(40), "select pg_sleep(0.02)::text || 'x'", Options(16));
        Assert.All(read, r => Assert.Null(r.Failure));
        Assert.All(read, r => Assert.Equal(["x"], r.Rows));
        Assert.Equal(40, read.Count);
    }

    [Fact]
    public async Task A_connection_of_the_pool_is_left_for_other_work()
    {
        await using var database = await TenantDatabase.OpenAsync(new ConnectionSettings(_database.Test.AdminConnectionString + ";Maximum Pool Size=3;Timeout=3"), Token);
        Assert.Equal(2, ManyTenantsQuery.MostAtOnce(database, 16));
        var read = await RunAsync(Names(20), "select 1", Options(16), database);
        Assert.All(read, r => Assert.Null(r.Failure));
    }

    [Fact]
    public async Task A_missing_tenant_is_made_where_that_is_asked()
    {
        var made = new List<string>();
        var options = Options() with
        {
            OnMissing = async (tenant, _) =>
            {
                await _database.Test.ExecuteAsync($"insert into tenants.tenant (id) values ('{tenant}')");
                lock (made)
                {
                    made.Add(tenant);
                }
            },
        };
        var read = await RunAsync(["new-1", "acme", "new-2"], "select tenants.current_tenant()", options);
        Assert.All(read, r => Assert.Equal([r.Tenant], r.Rows));
        Assert.Equal(["new-1", "new-2"], made.Order(StringComparer.Ordinal));
        Assert.Equal(["new-1", "new-2"], read.Where(r => r.WasCreated).Select(r => r.Tenant).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Notices_come_with_the_rows_of_their_tenant()
    {
        var read = await RunAsync(Names(20), "do $$ begin raise notice 'hello %', tenants.current_tenant(); end $$; select 'row'", Options(4));
        Assert.All(read, r => Assert.Equal([$"hello {r.Tenant}", "row"], r.Rows.Select(i => i is ServerNotice n ? n.Message : i)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_nobody_reads_holds_further_tenants_back_and_is_bounded_over_all(bool keepOrder)
    {
        var begun = 0;
        var options = Options(4, keepOrder) with
        {
            MostUnread = 1 << 20,
            CreateSink = (_, write) =>
            {
                Interlocked.Increment(ref begun);
                return new RowCollector(write);
            },
        };
        await using var many = new ManyTenantsQuery(_database.Database, Parse("select repeat('x', 400000)"), options, Token);
        Assert.All(Names(40), name => Assert.True(many.TryAdd(name)));
        await WaitUntilAsync(() => Task.FromResult(Volatile.Read(ref begun) >= 4));
        await Task.Delay(TimeSpan.FromSeconds(1), Token);

        // The first give it all; those that began meanwhile are no more than run at once.
        Assert.InRange(Volatile.Read(ref begun), 4, 8);
        var read = 0;
        while (await many.NextAsync() is { } run)
        {
            Assert.Equal(400_000, ((string)Assert.Single((await ReadAsync(run)).Rows)!).Length);
            read++;
        }

        Assert.Equal((40, 40), (read, begun));
    }

    private static ManyTenantsOptions Options(int limit = 5, bool keepOrder = false) => new()
    {
        ThrottleLimit = limit,
        KeepOrder = keepOrder,
        CreateSink = (_, write) => new RowCollector(write),
    };

    private static List<string> Names(int count) => [.. Enumerable.Range(1, count).Select(n => "t" + n.ToString("000", CultureInfo.InvariantCulture))];

    private static Query Parse(string sql) => Query.Parse(sql, QueryParameters.None);

    private static async Task<Read> ReadAsync(TenantRun run)
    {
        var rows = new List<object?>();
        while (await run.ReadAsync() is { } batch)
        {
            rows.AddRange(batch);
        }

        return new Read(run.Tenant, rows, run.Failure, run.WasCreated);
    }

    private async Task<List<Read>> RunAsync(IEnumerable<string> tenants, string sql, ManyTenantsOptions options, TenantDatabase? database = null)
    {
        await using var many = new ManyTenantsQuery(database ?? _database.Database, Parse(sql), options, Token);
        var read = new List<Read>();
        foreach (var tenant in tenants)
        {
            while (!many.TryAdd(tenant))
            {
                read.Add(await ReadAsync((await many.NextAsync())!));
            }
        }

        while (await many.NextAsync() is { } run)
        {
            read.Add(await ReadAsync(run));
        }

        return read;
    }

    private Task<long> ActiveAsync() => BackendsAsync("state = 'active'");

    private Task<long> OpenTransactionsAsync() => BackendsAsync("xact_start is not null");

    private async Task<long> BackendsAsync(string condition) => await TestDatabase.ScalarAsync<long>(
        _database.Test.Superuser, $"select count(*) from pg_stat_activity where {condition} and datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'");

    private static async Task WaitUntilAsync(Func<Task<bool>> condition)
    {
        for (var i = 0; !await condition(); i++)
        {
            Assert.True(i < 300, "It did not come to that.");
            await Task.Delay(100, Token);
        }
    }

    private sealed record Read(string Tenant, List<object?> Rows, Exception? Failure, bool WasCreated);
}
