using Tenants.Engine.Importing;
using Tenants.Engine.Sessions;
using Tenants.Engine.Tests.Importing;
using Xunit;
using static Tenants.Engine.Tests.Importing.ImportWorld;

namespace Tenants.Engine.Tests.RedTeam;

/// <summary>Objects and names made by an enemy, and what an enemy left in the session that an import runs in.</summary>
public class ImportedRowsTests
{
    [Fact]
    public async Task An_object_of_another_tenant_is_refused_by_the_server()
    {
        await using var world = await CreateAsync();
        var items = ImportTests.Many(3).Append(Item(("title", "mine"), ("price", 1m), ("tenant", "globex"))).ToArray();

        var failure = await world.FailsAsync("RowSecurityViolation", items);

        Assert.StartsWith("Object 4, column 'tenant': ", failure.Message, StringComparison.Ordinal);
        Assert.Equal(1, (await world.ImportAsync(Item(("TENANT", "acme"), ("title", "mine")))).Rows);
        Assert.Equal("acme", await world.StoredAsync("tenant"));
    }

    [Fact]
    public async Task Control_without_row_security_the_import_itself_refuses()
    {
        await using var world = await CreateAsync();
        await world.Tables.RunAsync("alter table todo_item disable row level security");

        Assert.Equal("TableNotEnabled", (await Assert.ThrowsAsync<TenantException>(() => world.ImportAsync(Item(("title", "x"), ("tenant", "globex"))))).ErrorId);
        Assert.Equal(0, await world.CountAsync());
    }

    [Theory]
    [InlineData("title) values ('x'); drop table todo_item; --")]
    [InlineData("title\") select 'x'; drop table todo_item; --")]
    [InlineData("tit\0le")]
    [InlineData("a name that is longer than any identifier can be, in bytes of UTF-8")]
    [InlineData("")]
    public async Task A_hostile_property_name_is_no_column(string name)
    {
        await using var world = await CreateAsync();

        await world.FailsAsync("ColumnNotFound", Item((name, "x"), ("title", "y")));
    }

    [Fact]
    public async Task Hostile_names_of_columns_are_names()
    {
        await using var world = await CreateAsync("\"x\"\") select 1; drop table todo_item; --\" text, \"$1\" text, \"a b\" text, \"select\" text");

        await world.ImportAsync(Item(("x\") select 1; drop table todo_item; --", "1"), ("$1", "2"), ("a b", "3"), ("select", "4")));

        Assert.Equal("1234", await world.StoredAsync("\"x\"\") select 1; drop table todo_item; --\" || \"$1\" || \"a b\" || \"select\""));
    }

    // The tenant's own SQL ran in the session before: names that shadow, a path that leads elsewhere, casts and functions of its own.
    [Theory]
    [InlineData("create temp table todo_item (id int, title text, price numeric, done boolean, tenant text)")]
    [InlineData("create temp table todo_item (id int, title text, price numeric, done boolean, tenant text); set search_path = pg_temp, public")]
    [InlineData("create function pg_temp.unnest(anyarray) returns setof anyelement language sql as 'select $1[1]'; set search_path = pg_temp, pg_catalog, public")]
    [InlineData("create type pg_temp.numeric as enum ('1'); create domain pg_temp.text as pg_catalog.text check (false); set search_path = pg_temp, pg_catalog, public")]
    [InlineData("set datestyle = 'German'; set standard_conforming_strings = off; do $x$ begin execute 'set session role none'; end $x$")]
    public async Task What_a_session_holds_does_not_lead_the_rows_elsewhere(string enemy)
    {
        await using var world = await CreateAsync();
        await using var session = await OpenSession.OpenAsync(world.Tables.Database, "acme", TestContext.Current.CancellationToken);
        try
        {
            await using var cursor = session.Run(Queries(enemy), new Engine.Queries.QueryOptions(), TestContext.Current.CancellationToken);
            while (await cursor.NextResultAsync())
            {
            }
        }
        catch (TenantException refused) when (refused.SqlState is "42501" or "42P16" or "42710" or "42939")
        {
            // What the server does not let it make cannot shadow.
        }

        await using var import = await TenantImport.OpenAsync(session, "todo_item", new ImportOptions(), TestContext.Current.CancellationToken);
        await AddAsync(import, ImportTests.Many(3));
        Assert.Equal(3, (await import.CompleteAsync()).Rows);

        Assert.Equal(3, await world.Tables.ValueAsync<long>("select count(*) from public.todo_item where tenant = 'acme' and title = 'item ' || id"));
    }

    // Its transaction is rolled back then, and the session's connection is the admin's: what is sent after that is bound by no policy.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_added_after_a_failure_reaches_no_tenant(bool isInTransaction)
    {
        await using var world = await CreateAsync("title text not null, price numeric");
        await using var session = await OpenSession.OpenAsync(world.Tables.Database, "acme", TestContext.Current.CancellationToken);
        if (isInTransaction)
        {
            await session.StartTransactionAsync(null, false, TestContext.Current.CancellationToken);
        }

        string[] names = ["title", "tenant"];
        await using var import = await TenantImport.OpenAsync(session, "todo_item", new ImportOptions(), TestContext.Current.CancellationToken);
        await AddAsync(import, [(names, [null, "acme"])]);
        await Assert.ThrowsAsync<TenantException>(import.CompleteAsync);

        for (var i = 0; i < 40_000; i++)
        {
            Assert.False(import.TryAdd(names, ["x", "globex"]));
        }

        Assert.Equal("ImportEnded", (await Assert.ThrowsAsync<TenantException>(() => import.AddAsync(names, ["x", "globex"]).AsTask())).ErrorId);
        Assert.Equal("ImportEnded", (await Assert.ThrowsAsync<TenantException>(import.CompleteAsync)).ErrorId);
        await import.DisposeAsync();
        Assert.Equal(0, await world.CountAsync());
    }

    [Fact]
    public async Task A_trigger_runs_with_the_rights_of_tenants_and_reaches_no_other_tenant()
    {
        await using var world = await CreateAsync("title text, price numeric");
        await world.Tables.RunAsync("""
            create function spread() returns trigger language plpgsql as $f$
            begin
                if pg_trigger_depth() = 1 then insert into public.todo_item (tenant, title) values ('globex', new.title); end if;
                return new;
            end $f$;
            create trigger spread before insert on todo_item for each row execute function spread();
            """);

        var failure = await world.FailsAsync("RowSecurityViolation", [.. ImportTests.Many(2)]);
        Assert.StartsWith("Object 1", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_of_an_import_reaches_the_next_tenant_of_its_connection()
    {
        await using var world = await CreateAsync();
        await world.ImportAsync(ImportTests.Many(3), "acme");
        Assert.Equal(["0"], await world.Tables.AsTenantAsync("globex", "select count(*) from todo_item"));
        await Assert.ThrowsAsync<TenantException>(() => world.ImportAsync([Item(("title", null))], "acme"));
        Assert.Equal(["0"], await world.Tables.AsTenantAsync("globex", "select count(*) from pg_prepared_statements"));
        Assert.Equal(["globex"], await world.Tables.AsTenantAsync("globex", "insert into todo_item (title) values ('x') returning tenant"));
    }

    private static Engine.Queries.Query Queries(string sql) => Engine.Queries.Query.Parse(sql, Engine.Queries.QueryParameters.None);
}
