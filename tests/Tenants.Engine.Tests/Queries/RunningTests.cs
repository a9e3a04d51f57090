using System.Diagnostics;
using Tenants.Engine.Queries;
using Tenants.Engine.Sessions;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Queries;

/// <summary>Each call is one transaction with one outcome, and leaves a clean connection.</summary>
public sealed class RunningTests : IAsyncLifetime
{
    private QueryDatabase _database = null!;

    public async ValueTask InitializeAsync() => _database = await QueryDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    public async Task A_tenant_sees_and_changes_its_own_rows_only()
    {
        await _database.RowsAsync("insert into todo_item (title) values ('a'), ('b')");
        await _database.RowsAsync("insert into todo_item (title) values ('g')", tenant: "globex");
        Assert.Equal(["a", "b"], (await _database.RowsAsync("select title from todo_item order by id")).Select(r => r[0]));
        Assert.Equal([["g"]], await _database.RowsAsync("select title from todo_item", tenant: "globex"));
        await _database.RowsAsync("delete from todo_item", tenant: "globex");
        Assert.Equal(2L, await _database.ScalarAsync("select count(*) from todo_item"));
    }

    [Fact]
    public async Task A_row_for_another_tenant_is_refused()
    {
        var error = await Assert.ThrowsAsync<TenantException>(() => _database.RowsAsync("insert into todo_item (title, tenant) values ('x', 'globex')"));
        Assert.Equal("42501", error.SqlState);
        Assert.Equal("acme", error.Tenant);
    }

    [Fact]
    public async Task An_unknown_tenant_is_an_error_that_names_near_ones()
    {
        var error = await Assert.ThrowsAsync<TenantException>(() => _database.RowsAsync("select 1", tenant: "acne"));
        Assert.Equal("TenantNotFound", error.ErrorId);
        Assert.Contains("'acme'", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<TenantException>(() => _database.RowsAsync("insert into todo_item (title) values ('x') returning id", tenant: "gone"));
        Assert.Equal("TenantClosed", error.ErrorId);
    }

    [Fact]
    public async Task A_query_that_is_cut_off_before_it_began_takes_the_one_before_it_not_along()
    {
        var cancellation = TestContext.Current.CancellationToken;
        await using var session = await OpenSession.OpenAsync(_database.Database, "acme", cancellation);
        await session.StartTransactionAsync(null, false, cancellation);
        await using (var cursor = session.Run(Query.Parse("insert into todo_item (title) values ('kept') returning id", QueryParameters.None), new QueryOptions(), cancellation))
        {
            Assert.Single(await QueryDatabase.ReadAllAsync(cursor));
        }

        // What a second one composes, and the server never sees.
        _ = session.Transactions.ReleaseQuerySavepoint().ToList();
        _ = session.Transactions.SetQuerySavepoint();
        Assert.False(await session.Transactions.UndoQueryAsync());
        await session.Transactions.FindOutWhetherFailedAsync();
        Assert.True(session.Transactions.HasFailed);
    }

    [Fact]
    public async Task A_script_is_one_transaction_with_several_results()
    {
        var results = new List<List<object?>>();
        await using (var cursor = await RunAsync("insert into todo_item (title) values ('a') returning title; select count(*) from todo_item; update todo_item set title = 'b'; select title from todo_item -- end"))
        {
            while (await cursor.NextResultAsync())
            {
                results.Add([]);
                while (await cursor.ReadAsync())
                {
                    results[^1].Add(cursor.Row[0]);
                }
            }

            Assert.Equal(1, cursor.RecordsAffected);
        }

        Assert.Equal([["a"], [1L], ["b"]], results);
        await Assert.ThrowsAsync<TenantException>(() => _database.RowsAsync("insert into todo_item (title) values ('c'); select 1 / 0"));
        Assert.Equal(1L, await _database.ScalarAsync("select count(*) from todo_item"));
    }

    [Fact]
    public async Task Each_statement_of_a_script_takes_the_parameters_that_it_names()
    {
        var rows = await _database.RowsAsync(
            "insert into todo_item (title) values (@a); insert into todo_item (title) values (@b); select title from todo_item where title in (@b, @a) order by 1",
            QueryDatabase.Named(("a", "x"), ("b", "y")));
        Assert.Equal([["x"], ["y"]], rows);
    }

    [Fact]
    public async Task A_query_that_writes_through_a_function_keeps_what_it_wrote()
    {
        await _database.Test.ExecuteAsync(
            """
            create function add_item(title text) returns int language sql as 'insert into todo_item (title) values (title) returning id';
            create view adding as select add_item('v') as id;
            grant select on adding to public
            """);
        await _database.RowsAsync("select add_item('x')");
        Assert.Equal(1L, await _database.ScalarAsync("select count(*) from todo_item"));
        await _database.RowsAsync("select id from adding");
        await _database.RowsAsync("select id from adding");
        Assert.Equal(3L, await _database.ScalarAsync("select count(*) from todo_item"));
    }

    [Fact]
    public async Task A_writing_query_that_looks_like_reading_is_found_out_by_the_server()
    {
        await _database.Test.ExecuteAsync("create sequence counter; grant usage on sequence counter to public");
        await _database.Test.ExecuteAsync("create function public.abs(t text) returns bigint language sql as 'select nextval(''counter'')'");
        Assert.Equal(1L, await _database.ScalarAsync("select abs('x'::text)"));
        Assert.Equal(2L, await _database.ScalarAsync("select abs('x'::text)"));
    }

    [Fact]
    public async Task A_reader_that_stops_early_ends_a_reading_query_on_the_server()
    {
        var watch = Stopwatch.StartNew();
        await using (var cursor = await RunAsync("select i, pg_sleep(case when i > 5000 then 60 else 0 end), repeat('x', 100) from generate_series(1, 6000) i"))
        {
            await cursor.NextResultAsync();
            Assert.True(await cursor.ReadAsync());
        }

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"It took {watch.Elapsed}.");
        Assert.Equal(1, await _database.ScalarAsync("select 1"));
        Assert.Equal(0L, await RunningAsync("select i, pg_sleep%"));
    }

    [Fact]
    public async Task A_reader_that_stops_early_undoes_what_the_query_wrote_and_says_so()
    {
        var notices = new List<ServerNotice>();
        await using (var cursor = await RunAsync("insert into todo_item (title) select 'x' from generate_series(1, 3) returning id", new QueryOptions { OnNotice = notices.Add }))
        {
            await cursor.NextResultAsync();
            Assert.True(await cursor.ReadAsync());
        }

        Assert.Equal("WARNING", Assert.Single(notices).Severity);
        Assert.Equal(0L, await _database.ScalarAsync("select count(*) from todo_item"));
    }

    [Fact]
    public async Task A_query_read_to_its_end_is_committed()
    {
        await _database.RowsAsync("insert into todo_item (title) values ('x') returning id");
        Assert.Equal(1L, await _database.ScalarAsync("select count(*) from todo_item"));
    }

    [Fact]
    public async Task Rows_come_before_the_last_one_is_made()
    {
        var watch = Stopwatch.StartNew();
        await using var cursor = await RunAsync("select i, repeat('x', 200), pg_sleep(case when i = 500 then 30 else 0 end) from generate_series(1, 500) i");
        await cursor.NextResultAsync();
        Assert.True(await cursor.ReadAsync());
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task Cancelling_stops_the_statement_on_the_server_within_a_second()
    {
        using var stop = new CancellationTokenSource(300);
        await using var cursor = await TenantQueries.RunAsync(_database.Database, "acme", Query.Parse("select pg_sleep(60)", QueryParameters.None), new QueryOptions(), stop.Token);
        var watch = Stopwatch.StartNew();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await cursor.NextResultAsync());
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(1.5), $"It took {watch.Elapsed}.");
        Assert.Equal(0L, await RunningAsync("select pg_sleep(60)%"));
        Assert.Equal(1, await _database.ScalarAsync("select 1"));
    }

    [Fact]
    public async Task A_limit_ends_the_statement_and_holds_for_that_call_only()
    {
        var error = await Assert.ThrowsAsync<TenantException>(() => _database.RowsAsync("select pg_sleep(30)", options: new QueryOptions { Timeout = TimeSpan.FromMilliseconds(200) }));
        Assert.Equal("57014", error.SqlState);
        Assert.Equal("2min", await _database.ScalarAsync("show statement_timeout"));
    }

    [Fact]
    public async Task Nothing_of_a_call_is_there_for_the_next_one()
    {
        var pid = await _database.ScalarAsync("select pg_backend_pid()");
        await _database.RowsAsync("set work_mem = '1234kB'; prepare p as select 1; listen somewhere; select pg_advisory_lock(42)");
        Assert.Equal(pid, await _database.ScalarAsync("select pg_backend_pid()"));

        // Functions stay compiled with what they found among temporary objects, so such a backend is not lent again.
        await _database.RowsAsync("create temp table left_over (a int)");
        Assert.NotEqual(pid, await _database.ScalarAsync("select pg_backend_pid()"));
        Assert.NotEqual("1234kB", await _database.ScalarAsync("show work_mem"));
        Assert.Equal([[null, 0L, 0L, 0L]], await _database.RowsAsync(
            """
            select to_regclass('pg_temp.left_over')::text, (select count(*) from pg_prepared_statements), (select count(*) from pg_listening_channels()),
                   (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid())
            """));
        Assert.Equal([[null, ""]], await AdminRowsAsync("select tenants.current_tenant(), coalesce(current_setting('tenants.context', true), '')"));
    }

    [Fact]
    public async Task After_an_error_the_connection_is_clean_too()
    {
        await Assert.ThrowsAsync<TenantException>(() => _database.RowsAsync("set work_mem = '1234kB'; select 1 / 0"));
        Assert.NotEqual("1234kB", await _database.ScalarAsync("show work_mem"));
        Assert.Equal(_database.Database.UserName, (await AdminRowsAsync("select current_user::text"))[0][0]);
    }

    [Fact]
    public async Task An_error_names_the_line_of_the_script()
    {
        var error = await Assert.ThrowsAsync<TenantException>(() => _database.RowsAsync("select 1;\n\nselect @b::text,\n   'é', no_such_column\nfrom todo_item", QueryDatabase.Named(("b", 1))));
        Assert.Equal("42703", error.SqlState);
        Assert.StartsWith("Line 4: ", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<TenantException>(() => _database.RowsAsync("select 1;\nselect 1 / 0"));
        Assert.StartsWith("Line 2: ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Notices_are_told_once()
    {
        var notices = new List<ServerNotice>();
        var options = new QueryOptions { OnNotice = notices.Add };
        await _database.RowsAsync("do $$ begin raise notice 'hello'; end $$", options: options);
        await _database.Test.ExecuteAsync("create function noisy() returns text language plpgsql as $$ begin raise notice 'once'; return nextval('counter'); end $$; create sequence counter; grant usage on sequence counter to public");
        await _database.RowsAsync("select noisy()", options: options);
        Assert.Equal(["hello", "once"], notices.Select(n => n.Message));
    }

    [Fact]
    public async Task A_block_cannot_commit_its_way_out_of_the_tenant()
    {
        var error = await Assert.ThrowsAsync<TenantException>(() => _database.RowsAsync("do $$ begin commit; insert into todo_item (title, tenant) values ('x', 'globex'); end $$"));
        Assert.Equal("TransactionControlRefused", error.ErrorId);
        Assert.Equal(0L, await _database.ScalarAsync("select count(*) from todo_item"));
    }

    [Fact]
    public async Task A_statement_holds_semicolons_where_SQL_lets_it()
    {
        await _database.Test.ExecuteAsync("grant create on schema public to public");
        Assert.Equal(";", await _database.ScalarAsync("select ';' /* ; /* ; */ */ -- ;"));
        await _database.RowsAsync("create function two() returns int begin atomic select 1; select case when true then 2 else 3 end; end; create function three(int) returns int begin atomic; select $1 + 1; end");
        Assert.Equal([[2, 3]], await _database.RowsAsync("select two(), three(2)"));
    }

    [Fact]
    public async Task After_the_server_dropped_the_connections_the_next_call_works()
    {
        foreach (var sql in new[] { "select 1", "insert into todo_item (title) values ('x')", "insert into todo_item (title) values ('x') returning 1" })
        {
            await _database.ScalarAsync("select 1");
            await TestDatabase.ColumnAsync<bool>(
                _database.Test.Superuser, "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like 'Tenants%' and pid <> pg_backend_pid()");
            await Task.Delay(100, TestContext.Current.CancellationToken);
            await _database.RowsAsync(sql);
        }

        Assert.Equal(2L, await _database.ScalarAsync("select count(*) from todo_item"));
    }

    [Fact]
    public async Task A_connection_that_breaks_under_a_query_is_an_error_and_the_next_call_works()
    {
        await using var cursor = await RunAsync("insert into todo_item (title) select 'x' from generate_series(1, 5) returning pg_sleep(0.5), pg_backend_pid()");
        var reading = Task.Run(async () => await QueryDatabase.ReadAllAsync(cursor));
        await Task.Delay(700, TestContext.Current.CancellationToken);
        await TestDatabase.ColumnAsync<bool>(
            _database.Test.Superuser, "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like 'insert into todo_item%'");
        var error = await Assert.ThrowsAsync<TenantException>(() => reading);
        Assert.Equal("acme", error.Tenant);
        Assert.Equal(0L, await _database.ScalarAsync("select count(*) from todo_item"));
    }

    [Theory]
    [InlineData("begin", "TransactionControlRefused")]
    [InlineData("select 1; commit", "TransactionControlRefused")]
    [InlineData("set role postgres", "RoleChangeRefused")]
    [InlineData("reset session authorization", "RoleChangeRefused")]
    [InlineData("drop owned by current_user", "OwnedObjectsRefused")]
    [InlineData("reassign owned by current_user to postgres", "OwnedObjectsRefused")]
    [InlineData("copy todo_item from stdin", "CopyNotSupported")]
    [InlineData("\\d", "PsqlCommandRefused")]
    [InlineData(" -- nothing\n;;", "QueryEmpty")]
    public async Task What_would_leave_the_transaction_is_refused(string sql, string errorId) =>
        Assert.Equal(errorId, (await Assert.ThrowsAsync<TenantException>(() => _database.RowsAsync(sql))).ErrorId);

    [Fact]
    public async Task Columns_without_a_binary_form_come_out_of_statements_that_write()
    {
        await _database.Test.ExecuteAsync("create table spans (r int4range, p point, a aclitem); grant select, insert on spans to public");
        var rows = await _database.RowsAsync("insert into spans values ('[1,5)', '(1,2)', 'postgres=r/postgres') returning *, 7");
        Assert.Equal(["[1,5)", "(1,2)", "postgres=r/postgres", 7], rows[0]);
        Assert.Equal(["[1,5)", "(1,2)", "postgres=r/postgres", 7], (await _database.RowsAsync("select *, 7 from spans"))[0]);
        Assert.Equal(1L, await _database.ScalarAsync("select count(*) from spans"));
    }

    private async Task<QueryCursor> RunAsync(string sql, QueryOptions? options = null) =>
        await TenantQueries.RunAsync(_database.Database, "acme", Query.Parse(sql, QueryParameters.None), options ?? new QueryOptions(), TestContext.Current.CancellationToken);

    private async Task<List<object?[]>> AdminRowsAsync(string sql)
    {
        await using var cursor = TenantQueries.RunAsAdmin(_database.Database, Query.Parse(sql, QueryParameters.None, asTenant: false), new QueryOptions(), TestContext.Current.CancellationToken);
        return await QueryDatabase.ReadAllAsync(cursor);
    }

    private async Task<long> RunningAsync(string like) => await TestDatabase.ScalarAsync<long>(
        _database.Test.Superuser, "select count(*) from pg_stat_activity where state = 'active' and datname = current_database() and pid <> pg_backend_pid() and query like $1", like);
}
