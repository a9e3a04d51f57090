using Tenants.Engine.Connections;
using Tenants.Engine.Measuring;
using Tenants.Engine.Queries;
using Tenants.Engine.Tests.Tables;
using Xunit;

namespace Tenants.Engine.Tests.Measuring;

/// <summary>The price of row security, and what makes it.</summary>
public class MeasureTests
{
    // Many rows of one tenant, with an index for each way to search them.
    private const string Rows = """
        create table todo_item (tenant text, id int, title text, price numeric, tags text[], owner int);
        insert into todo_item select case n % 2 when 0 then 'acme' else 'globex' end, n, 'item ' || n, n, array['tag ' || n], n % 500 from generate_series(1, 20000) n;
        create index by_tenant on todo_item (tenant);
        create index by_title on todo_item (title text_pattern_ops);
        create index by_price on todo_item (price);
        create index by_tags on todo_item using gin (tags);
        create index by_lower on todo_item (lower(title));
        create index by_id on todo_item (tenant, id);
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_query_by_leakproof_operators_loses_nothing()
    {
        await using var world = await CreateAsync();

        var measure = await MeasureAsync(world, "select title from todo_item where id = @id -- point read", ("id", 4000));

        Assert.Null(measure.NotCompared);
        Assert.Empty(measure.Findings);
        Assert.Equal((1d, 1d), (measure.WithRls.Rows, measure.WithoutRls!.Rows));
        Assert.Equal(3, measure.Pairs);
        Assert.True(measure.Price > 0);
        Assert.Contains("by_id", measure.WithRls.Text, StringComparison.Ordinal);
        Assert.Contains("by_id", measure.WithoutRls.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("title like 'item 1234%'", "~~(text,text)", "by_title", "^@ 'item 1234'", "~>=~")]
    [InlineData("price = 1234", "=(numeric,numeric)", "by_price", "double precision", "double precision")]
    [InlineData("tags @> array['tag 1234']", "@>(anyarray,anyarray)", "by_tags", "SECURITY DEFINER", "SECURITY DEFINER")]
    [InlineData("lower(title) = 'item 1234'", "lower(text)", "by_lower", "generated always as (lower(\"title\"))", "generated always as (lower(\"title\"))")]
    public async Task An_operator_that_is_not_leakproof_is_named_with_its_index_and_the_way_around(string where, string signature, string index, string advice, string adviceBefore15)
    {
        await using var world = await CreateAsync();

        var measure = await MeasureAsync(world, $"select id from public.todo_item t where {where}");

        Assert.Null(measure.NotCompared);
        var finding = Assert.Single(measure.Findings);
        Assert.Equal((TenantQueryFindingKind.IndexLost, "public.todo_item"), (finding.Kind, finding.Table));
        Assert.Contains(signature, finding.Message, StringComparison.Ordinal);
        Assert.Contains(index, finding.Message, StringComparison.Ordinal);
        Assert.Contains(world.Database.ServerVersion.Major >= 15 ? advice : adviceBefore15, finding.Suggestion, StringComparison.Ordinal);
        Assert.DoesNotContain(index, measure.WithRls.Text, StringComparison.Ordinal);
        Assert.Contains(index, measure.WithoutRls!.Text, StringComparison.Ordinal);
        Assert.True(measure.WithRls.Buffers > measure.WithoutRls.Buffers, "it read no more blocks");
    }

    [Fact]
    public async Task The_advice_for_a_prefix_brings_the_index_back()
    {
        await using var world = await CreateAsync();
        var advice = Assert.Single((await MeasureAsync(world, "select id from todo_item where title like 'item 1234%'")).Findings).Suggestion;
        var rewritten = advice["Write ".Length..advice.IndexOf(world.Database.ServerVersion.Major >= 15 ? ": that operator" : ": an index", StringComparison.Ordinal)];

        var measure = await MeasureAsync(world, $"select id from todo_item where {rewritten}");

        Assert.Empty(measure.Findings);
        Assert.Contains("by_title", measure.WithRls.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_index_that_is_missing_is_named_with_the_statement_that_makes_it()
    {
        await using var world = await CreateAsync();
        Assert.Contains("(\"tenant\", \"owner\")", Assert.Single((await MeasureAsync(world, "select id from todo_item where owner = 4")).Findings).Suggestion, StringComparison.Ordinal);
        await world.RunAsync("drop index by_tenant, by_id");

        var finding = (await MeasureAsync(world, "select count(*) from todo_item")).Findings[0];

        Assert.Equal(TenantQueryFindingKind.TenantIndexMissing, finding.Kind);
        Assert.Contains("on \"public\".\"todo_item\" (\"tenant\")", finding.Suggestion, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Joins_and_queries_of_their_own_with_ask_the_same_question()
    {
        await using var world = await CreateAsync();
        await world.RunAsync("create table \"Owner\" (tenant text, id int, name text); insert into \"Owner\" select 'acme', n, 'x' from generate_series(0, 499) n");
        await world.EnableAsync("\"Owner\"", defaultTenant: "acme");

        var measure = await MeasureAsync(world, "with few as (select * from public.todo_item where id < 100) select o.name, (select count(*) from todo_item) from few join \"Owner\" o on o.id = few.owner order by 1 limit 5");

        Assert.Null(measure.NotCompared);
        Assert.Equal(5d, measure.Rows);
    }

    [Fact]
    public async Task What_reads_through_a_view_is_not_compared_and_says_so()
    {
        await using var world = await CreateAsync();
        await world.RunAsync("create view shown as select * from todo_item");
        await world.RunAsync("do $$begin execute format('grant select on shown to %I', (select value from tenants.setting where name = 'session_role')); end$$");

        var measure = await MeasureAsync(world, "select count(*) from shown, todo_item t where t.id = 2");

        Assert.Null(measure.WithoutRls);
        Assert.NotNull(measure.NotCompared);
    }

    [Theory]
    [InlineData("delete from todo_item", "QueryNotMeasurable")]
    [InlineData("select 1; select 2", "QueryNotMeasurable")]
    [InlineData("explain select 1", "QueryNotMeasurable")]
    [InlineData("with gone as (delete from todo_item returning 1) select * from gone", "QueryNotMeasurable")]
    [InlineData("select * from nowhere", "TableNotFound")]
    [InlineData("select 1) union all (select 2", "SyntaxError")]
    [InlineData("select @missing", "ParameterMissing")]
    public async Task What_is_no_query_that_reads_is_refused(string sql, string errorId)
    {
        await using var world = await CreateAsync();

        Assert.Equal(errorId, (await Assert.ThrowsAsync<TenantException>(() => MeasureAsync(world, sql))).ErrorId);
    }

    [Fact]
    public async Task An_admin_whom_the_policies_bind_must_allow_the_lock_and_who_is_none_is_told_so()
    {
        await using var world = await CreateAsync();
        var failure = await Assert.ThrowsAsync<TenantException>(() => QueryMeasurement.RunAsync(world.Database, "acme", "select * from todo_item", QueryParameters.None, new MeasureOptions(), Cancellation));
        Assert.Equal("LockNeeded", failure.ErrorId);

        await MeasureAsync(world, "select * from todo_item where id = 1");
        Assert.True(await world.ValueAsync<bool>("select relforcerowsecurity from pg_class where relname = 'todo_item'"));

        var (_, login) = await world.Test.CreateLoginAsync("nobody");
        await using var nobody = await TenantDatabase.OpenAsync(new ConnectionSettings(login), Cancellation);
        Assert.Equal("PermissionDenied", (await Assert.ThrowsAsync<TenantException>(() => QueryMeasurement.RunAsync(nobody, "acme", "select 1", QueryParameters.None, new MeasureOptions(), Cancellation))).ErrorId);
    }

    [Fact]
    public async Task A_superuser_locks_nothing()
    {
        await using var world = await CreateAsync();
        await using var superuser = await TenantDatabase.OpenAsync(new ConnectionSettings(world.Test.SuperuserConnectionString), Cancellation);
        await using var reader = await world.Test.Superuser.OpenConnectionAsync(Cancellation);
        await using var transaction = await reader.BeginTransactionAsync(Cancellation);
        await using (var command = new Npgsql.NpgsqlCommand("select from todo_item limit 1", reader))
        {
            await command.ExecuteNonQueryAsync(Cancellation);
        }

        var measure = await QueryMeasurement.RunAsync(superuser, "acme", "select id from todo_item where title like 'item 1234%'", QueryParameters.None, new MeasureOptions { Repeat = 1 }, Cancellation);

        Assert.Equal(TenantQueryFindingKind.IndexLost, Assert.Single(measure.Findings).Kind);
    }

    [Fact]
    public async Task A_tenant_whose_name_is_part_of_anothers_is_not_taken_for_it()
    {
        await using var world = await CreateAsync();
        await world.RegisterAsync("1", "11");
        await world.RunAsync("insert into todo_item (tenant, id) select '11', n from generate_series(1, 5) n; create view shown as select * from todo_item where tenant = '11'");
        await world.RunAsync("do $$begin execute format('grant select on shown to %I', (select value from tenants.setting where name = 'session_role')); end$$");

        var measure = await QueryMeasurement.RunAsync(world.Database, "1", "select count(*) from shown", QueryParameters.None, new MeasureOptions { Repeat = 1, AllowLock = true }, Cancellation);

        Assert.Contains("of all tenants", measure.NotCompared, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_outlives_the_servers_limit_is_ended_from_here()
    {
        await using var world = await CreateAsync();
        await world.RunAsync("create function stubborn() returns int language plpgsql as $f$ begin begin perform pg_sleep(600); exception when query_canceled then perform pg_sleep(600); end; return 1; end $f$");

        var measuring = QueryMeasurement.RunAsync(world.Database, "acme", "select stubborn()", QueryParameters.None, new MeasureOptions { Repeat = 1, Timeout = TimeSpan.FromSeconds(0.5) }, Cancellation);
        var failure = await Assert.ThrowsAsync<TenantException>(() => measuring.WaitAsync(TimeSpan.FromMinutes(1), Cancellation));

        Assert.Equal("StatementTimeout", failure.ErrorId);
    }

    internal static async Task<TableWorld> CreateAsync()
    {
        var world = await TableWorld.CreateAsync(Rows);
        await world.EnableAsync("todo_item");
        await world.RegisterAsync("acme", "globex");
        await world.RunAsync("analyze todo_item");
        return world;
    }

    internal static Task<TenantQueryMeasure> MeasureAsync(TableWorld world, string sql, params (string Name, object? Value)[] parameters) => QueryMeasurement.RunAsync(
        world.Database,
        "acme",
        sql,
        parameters.Length == 0 ? QueryParameters.None : QueryParameters.Named(parameters.ToDictionary(p => p.Name, p => p.Value)),
        new MeasureOptions { Repeat = 3, AllowLock = true },
        Cancellation);
}
