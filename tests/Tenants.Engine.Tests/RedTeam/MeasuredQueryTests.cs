using Tenants.Engine.Tests.Measuring;
using Xunit;

namespace Tenants.Engine.Tests.RedTeam;

/// <summary>A measured text runs as the admin without row security: what a hostile function in it can do, and what it cannot.</summary>
public class MeasuredQueryTests
{
    // Made by somebody who may create functions; runs with the rights of who calls it.
    private const string Hostile = """
        create table stolen (what text);
        do $$begin execute format('grant all on stolen to %I', (select value from tenants.setting where name = 'session_role')); end$$;
        create function peek() returns int language plpgsql as $f$
        begin
            begin
                insert into public.stolen select title from public.todo_item;
            exception when others then null;
            end;
            begin
                perform set_config('transaction_read_only', 'off', false);
                insert into public.stolen select title from public.todo_item;
            exception when others then null;
            end;
            perform set_config('tenants.tenant', 'globex', false), set_config('application_name', 'left behind', false);
            return 1;
        end $f$;
        """;

    [Fact]
    public async Task A_function_writes_nothing_and_leaves_nothing_in_the_admins_connection()
    {
        await using var world = await MeasureTests.CreateAsync();
        await world.RunAsync(Hostile);

        await MeasureTests.MeasureAsync(world, "select id from todo_item where id = 2 and peek() = 1");

        Assert.Equal(0, await world.ValueAsync<long>("select count(*) from stolen"));
        Assert.Equal(["acme"], await world.AsTenantAsync("acme", "select distinct tenant from todo_item"));
        Assert.Equal(0, await world.ValueAsync<long>("select count(*) from pg_stat_activity where application_name = 'left behind'"));
        Assert.True(await world.ValueAsync<bool>("select relforcerowsecurity and relrowsecurity from pg_class where relname = 'todo_item'"));
    }

    [Fact]
    public async Task Control_outside_of_a_read_only_transaction_the_function_writes()
    {
        await using var world = await MeasureTests.CreateAsync();
        await world.RunAsync(Hostile);

        await world.ValueAsync<int>("select peek()");

        Assert.True(await world.ValueAsync<long>("select count(*) from stolen") > 0);
    }

    [Theory]
    [InlineData("select id from todo_item where id = 2 -- ) or true")]
    [InlineData("select id from todo_item where id = 2 /* ) union all (select id from todo_item */")]
    [InlineData("select id from todo_item where title = 'item 2' and $$)$$ = ')'")]
    [InlineData("select id from (select * from todo_item) \"todo_item\" where id = 2")]
    [InlineData("with todo_item as (select * from public.todo_item) select id from todo_item where id = 2")]
    public async Task The_tenant_stays_a_condition_whatever_the_text_looks_like(string sql)
    {
        await using var world = await MeasureTests.CreateAsync();

        var measure = await MeasureTests.MeasureAsync(world, sql);

        Assert.Equal((null, 1d), (measure.NotCompared, measure.WithoutRls?.Rows));
    }
}
