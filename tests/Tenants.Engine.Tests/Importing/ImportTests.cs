using Tenants.Engine.Connections;
using Tenants.Engine.Importing;
using Tenants.Engine.Sessions;
using Tenants.Testing;
using Xunit;
using static Tenants.Engine.Tests.Importing.ImportWorld;

namespace Tenants.Engine.Tests.Importing;

/// <summary>All objects or none, and what is said of the one that is in the way.</summary>
public class ImportTests
{
    private static readonly string[] s_names = ["title", "price"];

    [Fact]
    public async Task Objects_become_rows_in_their_order_with_defaults_for_what_they_lack()
    {
        await using var world = await CreateAsync();

        var result = await world.ImportAsync(Many(40_000), "acme");

        Assert.Equal(("acme", "public.todo_item", 40_000L), (result.Tenant, result.Table, result.Rows));
        Assert.Equal(40_000, await world.Tables.ValueAsync<long>("select count(*) from todo_item where tenant = 'acme' and not done and title = 'item ' || id and price = id"));
    }

    [Fact]
    public async Task Without_objects_there_are_no_rows_and_the_tenant_is_looked_at_all_the_same()
    {
        await using var world = await CreateAsync();

        Assert.Equal(0, (await world.ImportAsync()).Rows);
        Assert.Equal("TenantNotFound", (await Assert.ThrowsAsync<TenantException>(() => world.ImportAsync([], "acne"))).ErrorId);
        Assert.Equal("TenantClosed", (await Assert.ThrowsAsync<TenantException>(() => world.ImportAsync([], "gone"))).ErrorId);
    }

    [Fact]
    public async Task Properties_are_found_whatever_their_case_and_may_change_from_object_to_object()
    {
        await using var world = await CreateAsync("\"Id\" int, id int, \"we \"\"ird\" text, ünïcode text");

        await world.ImportAsync(Item(("Id", 1), ("id", 2), ("WE \"IRD", "x")), Item(("ünïcode", "y")), Item(("id", 3), ("Ünïcode", null)));

        Assert.Equal("1/2/x/-,-/-/-/y,-/3/-/-", await world.Tables.ValueAsync<string>(
            "select string_agg(concat_ws('/', coalesce(\"Id\"::text, '-'), coalesce(id::text, '-'), coalesce(\"we \"\"ird\", '-'), coalesce(ünïcode, '-')), ',' order by ctid) from todo_item"));
        Assert.Equal("ColumnAmbiguous", (await Assert.ThrowsAsync<TenantException>(() => world.ImportAsync(Item(("ID", 1))))).ErrorId);
        Assert.Equal("ColumnAmbiguous", (await Assert.ThrowsAsync<TenantException>(() => world.ImportAsync(Item(("ünïcode", 1), ("Ünïcode", 1))))).ErrorId);
    }

    [Fact]
    public async Task What_is_no_column_is_an_error_before_anything_is_sent_unless_it_is_to_be_left_out()
    {
        await using var world = await CreateAsync();

        var unknown = await world.FailsAsync("ColumnNotFound", Item(("titel", "x")));
        Assert.Contains("'title'", unknown.Message, StringComparison.Ordinal);
        await world.FailsAsync("ObjectEmpty", Item());
        await world.ImportAsync([Item(("titel", 1), ("title", "x"), ("id", 77))], "acme", new ImportOptions { IgnoreExtra = true });
        Assert.Equal("1", await world.StoredAsync("id"));
    }

    [Fact]
    public async Task What_the_server_computes_is_refused_and_an_identity_kept_on_wish()
    {
        await using var world = await CreateAsync("id int generated always as identity, title text, loud text generated always as (upper(title)) stored");

        Assert.Contains("-KeepIdentity", (await world.FailsAsync("ColumnNotWritable", Item(("title", "x"), ("id", 5)))).Message, StringComparison.Ordinal);
        await world.FailsAsync("ColumnNotWritable", Item(("title", "x"), ("loud", "y")));
        await world.ImportAsync([Item(("title", "x"), ("id", 5))], "acme", new ImportOptions { KeepIdentity = true });
        Assert.Equal("5X", await world.StoredAsync("id || loud"));
    }

    [Theory]
    [InlineData("title", null, "NotNullViolation")]
    [InlineData("price", "99999999999", "InvalidValue")]
    [InlineData("price", "much", "InvalidValue")]
    public async Task The_object_and_the_column_that_the_server_refuses_are_named_and_not_the_value(string column, object? value, string errorId)
    {
        await using var world = await CreateAsync();
        var items = Many(20_000).ToArray();
        items[17_233].Values[Array.IndexOf(s_names, column)] = value;

        var failure = await world.FailsAsync(errorId, items);

        Assert.StartsWith($"Object 17234, column '{column}': ", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("Nothing was imported.", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(value?.ToString() ?? "item 17234", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_of_the_users_is_not_blamed_on_the_tenant_column()
    {
        await using var world = await CreateAsync("title text, price numeric");
        await world.Tables.RunAsync("create policy cheap on todo_item as restrictive for insert with check (price < 3)");
        string[] names = ["title", "price", "tenant"];

        Assert.StartsWith("Object 3: ", (await world.FailsAsync("RowSecurityViolation", [.. Many(5)])).Message, StringComparison.Ordinal);
        Assert.StartsWith("Object 2: ", (await world.FailsAsync("RowSecurityViolation", (names, ["x", 1m, "acme"]), (names, ["x", 7m, "acme"]))).Message, StringComparison.Ordinal);
        Assert.StartsWith("Object 2, column 'tenant': ", (await world.FailsAsync("RowSecurityViolation", (names, ["x", 1m, "acme"]), (names, ["x", 1m, "globex"]))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_search_for_the_object_has_an_end_and_says_nothing_twice()
    {
        await using var world = await CreateAsync("title text, price numeric");
        await world.Tables.RunAsync("create function slow() returns trigger language plpgsql as $f$ begin if new.price > 3 then raise exception 'no'; end if; raise notice 'row %', new.price; perform pg_sleep(0.3); return new; end $f$; create trigger slow before insert on todo_item for each row execute function slow()");
        var notices = new System.Collections.Concurrent.ConcurrentQueue<string>();

        // Each try of three rows takes as long as the first, and the limit is no longer than one statement's.
        var failure = await Assert.ThrowsAsync<TenantException>(() => world.ImportAsync(Many(8), "acme", new ImportOptions { Timeout = TimeSpan.FromSeconds(1.5), OnNotice = n => notices.Enqueue(n.Message) }));

        Assert.StartsWith("Objects 1 to 8: ", failure.Message, StringComparison.Ordinal);
        Assert.Equal(["row 1", "row 2", "row 3"], notices);
        Assert.Equal(0, await world.CountAsync());
    }

    // Properties that come and go, and moments of several kinds.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Objects_that_change_from_one_to_the_next_cost_no_round_trip_each(bool isOfShape)
    {
        await using var world = await CreateAsync("n int, a text default 'none', at timestamptz, local timestamp");
        await using var proxy = CountingProxy.Start(world.Tables.Test.AdminConnectionString);
        await using var database = await TenantDatabase.OpenAsync(new ConnectionSettings(proxy.Through(world.Tables.Test.AdminConnectionString)), TestContext.Current.CancellationToken);
        string[][] shapes = [["n", "a"], ["n"], ["a", "n", "at"]];
        object?[] moments = [new DateTime(2026, 1, 1), new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc), "2026-01-01", null];

        await using var import = await TenantImport.OpenAsync(database, "acme", "todo_item", new ImportOptions(), TestContext.Current.CancellationToken);
        proxy.TakeRoundTrips();
        await AddAsync(import, Enumerable.Range(0, 2000).Select(i => isOfShape
            ? (shapes[i % 3], shapes[i % 3].Select(name => name == "n" ? (object?)i : name == "a" ? "given" : moments[0]).ToArray())
            : (["n", "at", "local"], new object?[] { i, moments[i % 4], moments[i % 4] })));
        Assert.Equal(2000, (await import.CompleteAsync()).Rows);

        Assert.InRange(proxy.TakeRoundTrips(), 2, 40);
        Assert.Equal(string.Join(',', Enumerable.Range(0, 2000)), await world.Tables.ValueAsync<string>("select string_agg(n::text, ',' order by ctid) from todo_item"));
        Assert.Equal(isOfShape ? 667 : 2000, await world.Tables.ValueAsync<long>("select count(*) from todo_item where a = 'none'"));
        Assert.Equal(isOfShape ? 666 : 1500, await world.Tables.ValueAsync<long>("select count(at) from todo_item"));
    }

    [Fact]
    public async Task Of_objects_that_change_the_refused_one_is_found_all_the_same()
    {
        await using var world = await CreateAsync();
        var items = Enumerable.Range(0, 500).Select(i => i % 2 == 0 ? Item(("title", "x"), ("price", i)) : Item(("title", "x"))).ToArray();
        items[301] = Item(("title", null));

        Assert.StartsWith("Object 302, column 'title': ", (await world.FailsAsync("NotNullViolation", items)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_constraint_names_the_object_or_the_batch_that_it_fails_after()
    {
        await using var world = await CreateAsync("title text, price numeric, unique (title)");
        var items = Many(20_000).ToArray();
        items[19_999].Values[0] = "item 19000";
        Assert.StartsWith("Object 20000: ", (await world.FailsAsync("UniqueViolation", items)).Message, StringComparison.Ordinal);

        items[19_999].Values[0] = "item 1";
        Assert.StartsWith("Objects 16385 to 20000, after the ones before them: ", (await world.FailsAsync("UniqueViolation", items)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Triggers_and_foreign_keys_work_as_they_do_for_any_row()
    {
        await using var world = await CreateAsync("title text, price numeric");
        await world.Tables.RunAsync("""
            create function keep_out() returns trigger language plpgsql as $f$
            begin
                if new.price = 2 then return null; end if;
                if new.price = 5 then raise exception 'no fives'; end if;
                new.title := new.title || '!';
                return new;
            end $f$;
            create trigger keep_out before insert on todo_item for each row execute function keep_out();
            """);

        Assert.Contains("Object 5: no fives", (await Assert.ThrowsAsync<TenantException>(() => world.ImportAsync(Many(9), "acme"))).Message, StringComparison.Ordinal);
        Assert.Equal(3, (await world.ImportAsync(Many(4), "acme")).Rows);
        Assert.Equal(3, await world.Tables.ValueAsync<long>("select count(*) from todo_item where title like '%!'"));
    }

    [Fact]
    public async Task A_constraint_that_waits_for_the_commit_undoes_all_of_it()
    {
        await using var world = await CreateAsync("title text unique deferrable initially deferred");

        var failure = await world.FailsAsync("UniqueViolation", Item(("title", "a")), Item(("title", "a")));
        Assert.EndsWith("Nothing was imported.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_a_transaction_of_a_session_it_joins_and_a_failed_one_cannot_be_committed()
    {
        await using var world = await CreateAsync();
        await using var session = await OpenSession.OpenAsync(world.Tables.Database, "acme", TestContext.Current.CancellationToken);
        await session.StartTransactionAsync(null, false, TestContext.Current.CancellationToken);
        Assert.Equal(3, (await ImportInAsync(session, Many(3))).Rows);
        Assert.Equal(0, await world.CountAsync());
        await session.UndoTransactionAsync(TestContext.Current.CancellationToken);

        await session.StartTransactionAsync(null, false, TestContext.Current.CancellationToken);
        await ImportInAsync(session, Many(3));
        var failure = await Assert.ThrowsAsync<TenantException>(() => ImportInAsync(session, [Item(("title", null))]));
        Assert.StartsWith("Object 1, column 'title'", failure.Message, StringComparison.Ordinal);
        Assert.Equal(TenantSessionState.Failed, session.State);
        Assert.Equal("TransactionAborted", (await Assert.ThrowsAsync<TenantException>(() => session.CompleteTransactionAsync(TestContext.Current.CancellationToken))).ErrorId);
        await session.UndoTransactionAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, await world.CountAsync());

        Assert.Equal(2, (await ImportInAsync(session, Many(2))).Rows);
        Assert.Equal(2, await world.CountAsync());
    }

    [Fact]
    public async Task One_that_is_not_completed_leaves_nothing_and_a_transaction_around_it_goes_on()
    {
        await using var world = await CreateAsync();
        await using var session = await OpenSession.OpenAsync(world.Tables.Database, "acme", TestContext.Current.CancellationToken);
        await session.StartTransactionAsync(null, false, TestContext.Current.CancellationToken);
        await ImportInAsync(session, Many(1));
        await using (var import = await TenantImport.OpenAsync(session, "todo_item", new ImportOptions(), TestContext.Current.CancellationToken))
        {
            Assert.Equal("SessionBusy", (await Assert.ThrowsAsync<TenantException>(() => ImportInAsync(session, []))).ErrorId);
            await AddAsync(import, Many(20_000));
        }

        await session.CompleteTransactionAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, await world.CountAsync());
    }

    [Fact]
    public async Task Cancelled_it_ends_on_the_server_and_leaves_nothing()
    {
        await using var world = await CreateAsync("title text, price numeric");
        await world.Tables.RunAsync("create function doze() returns trigger language plpgsql as 'begin perform pg_sleep(600); return new; end'; create trigger doze before insert on todo_item for each row execute function doze()");
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => world.ImportAsync(Many(2), "acme", cancellation: stop.Token));

        Assert.Equal(0, await world.Tables.ValueAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()"));
        Assert.Equal(0, await world.CountAsync());
    }

    [Fact]
    public async Task Cancelled_while_it_is_committed_it_does_not_say_that_nothing_was_imported()
    {
        await using var world = await CreateAsync("title text, price numeric");
        await world.Tables.RunAsync("create function doze() returns trigger language plpgsql as 'begin perform pg_sleep(600); return new; end'; create constraint trigger doze after insert on todo_item deferrable initially deferred for each row execute function doze()");
        using var stop = new CancellationTokenSource();
        await using var import = await TenantImport.OpenAsync(world.Tables.Database, "acme", "todo_item", new ImportOptions(), stop.Token);
        await AddAsync(import, Many(2));

        var completing = import.CompleteAsync();
        await SleepsAsync(world);
        await stop.CancelAsync();

        var failure = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => completing);
        Assert.Contains("not known", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("Nothing was imported", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_is_let_go_while_the_server_works_is_cancelled_there()
    {
        await using var world = await CreateAsync("title text, price numeric");
        await world.Tables.RunAsync("create function doze() returns trigger language plpgsql as 'begin perform pg_sleep(600); return new; end'; create trigger doze before insert on todo_item for each row execute function doze()");
        var import = await TenantImport.OpenAsync(world.Tables.Database, "acme", "todo_item", new ImportOptions(), TestContext.Current.CancellationToken);
        await AddAsync(import, Many(16_384));
        await SleepsAsync(world);

        await import.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);

        Assert.Equal(0, await world.Tables.ValueAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'"));
        Assert.Equal(0, await world.CountAsync());
    }

    [Fact]
    public async Task A_connection_that_breaks_undoes_it_and_says_so()
    {
        await using var world = await CreateAsync("title text, price numeric");
        await world.Tables.RunAsync("create function quit() returns trigger language plpgsql security definer as 'begin perform pg_terminate_backend(pg_backend_pid()); return new; end'; create trigger quit before insert on todo_item for each row execute function quit()");

        var failure = await world.FailsAsync("ConnectionLost", [.. Many(2)]);

        Assert.EndsWith("Nothing was imported.", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("todo_itme", "TableNotFound", "todo_item")]
    [InlineData("todo_*", "TableNotFound", "todo_*")]
    [InlineData("plain", "TableNotEnabled", "Enable-TenantRls")]
    [InlineData("read_only", "TableNotEnabled", "-Writable")]
    [InlineData("shown", "TableNotSupported", "no table")]
    [InlineData("pg_class", "TableNotSupported", "the server's own")]
    public async Task A_table_that_is_no_tenant_table_is_refused(string table, string errorId, string says)
    {
        await using var world = await CreateAsync();
        await world.Tables.RunAsync("create table plain (title text); create view shown as select 1 as title; create table read_only (title text); insert into tenants.shared_table (oid, writable) select 'read_only'::regclass, false");

        var failure = await Assert.ThrowsAsync<TenantException>(() => world.ImportAsync([Item(("title", "x"))], "acme", table: table));
        Assert.Equal(errorId, failure.ErrorId);
        Assert.Contains(says, failure.Message, StringComparison.Ordinal);
    }

    private static async Task SleepsAsync(ImportWorld world)
    {
        while (await world.Tables.ValueAsync<long>("select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'") == 0)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    internal static IEnumerable<(string[] Names, object?[] Values)> Many(int count)
    {
        for (var i = 1; i <= count; i++)
        {
            yield return (s_names, [$"item {i}", (decimal)i]);
        }
    }

    private static async Task<TenantImportResult> ImportInAsync(OpenSession session, IEnumerable<(string[] Names, object?[] Values)> items)
    {
        await using var import = await TenantImport.OpenAsync(session, "todo_item", new ImportOptions(), TestContext.Current.CancellationToken);
        await AddAsync(import, items);
        return await import.CompleteAsync();
    }
}
