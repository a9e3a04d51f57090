using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;
using Tenants.Engine.Tests.Tables;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Rollouts;

/// <summary>What takes too long by itself is told from what somebody is in the way of, and both from what somebody cancels.</summary>
public sealed class SlowTests
{
    private const string Tables = "create table item (id int); insert into item values (1);";

    [Fact]
    public async Task A_step_that_nobody_is_in_the_way_of_is_not_tried_for_ever()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        await world.InitializeAsync(TenantIdType.Text);
        await OnAlterAsync(world, "perform pg_catalog.pg_sleep(60)");
        var failure = await FailsAsync(world, new RolloutOptions());
        Assert.Equal(("StepTooSlow", "57014"), (failure.ErrorId, failure.SqlState));
        Assert.Contains("'column tenant, its rows acme's' of public.item", failure.Message, StringComparison.Ordinal);
        Assert.Contains("without -Online", failure.Message, StringComparison.Ordinal);

        await TestDatabase.ExecuteAsync(world.Test.Superuser, "drop event trigger slow");
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync("item"), new EnableRequest(null, "acme"));
        Assert.Equal(TenantRlsState.On, (await world.RlsAsync("item")).State);
    }

    [Fact]
    public async Task What_somebody_cancels_on_the_server_is_not_tried_again()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        await world.InitializeAsync(TenantIdType.Text);
        await OnAlterAsync(world, "perform pg_catalog.pg_cancel_backend(pg_catalog.pg_backend_pid()); perform pg_catalog.pg_sleep(1)");
        Assert.Equal("QueryCanceled", (await FailsAsync(world, new RolloutOptions())).ErrorId);
    }

    [Fact]
    public async Task Rows_that_take_too_long_by_themselves_are_told_as_that()
    {
        await using var world = await TableWorld.CreateAsync(Tables + """
            create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(60); return new; end $$;
            create trigger slow before update on item for each row execute function slow();
            """);
        var failure = await FailsAsync(world, new RolloutOptions { Patience = TimeSpan.FromSeconds(2) }, new EnableRequest { Backfill = "'acme'" });
        Assert.Equal("StepTooSlow", failure.ErrorId);
        Assert.Contains("rows of public.item", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_block_that_takes_long_gets_its_time_and_never_undoes_whoever_locks_its_rows_in_another_order()
    {
        // Nine rows to a block, and more than a portion's time for each block.
        await using var world = await TableWorld.CreateAsync("""
            create table item (id int primary key, title text);
            insert into item select i, repeat('x', 850) from generate_series(1, 18) i;
            create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.1); return new; end $$;
            """);
        using var stop = new CancellationTokenSource();
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync("item"), new EnableRequest { Backfill = "nullif('none', 'none')" }, TenantRolloutPhase.Prepare);
        await world.RunAsync("create trigger slow before update on item for each row execute function slow()");
        var rounds = 0;
        var old = Task.Run(async () =>
        {
            await using var connection = await world.Test.Superuser.OpenConnectionAsync();
            for (var random = new Random(1); !stop.IsCancellationRequested; rounds++)
            {
                await using var transaction = await connection.BeginTransactionAsync();
                foreach (var id in (int[])[9, 1])
                {
                    await using var hold = new NpgsqlCommand($"select from item where id = {id} for update", connection);
                    await hold.ExecuteNonQueryAsync();
                    await Task.Delay(random.Next(100));
                }

                await transaction.CommitAsync();

                // He leaves the rows alone for long enough at times: who has one and waits for another goes before a portion, always.
                await Task.Delay(random.Next(300, 4000));
            }
        });
        var table = await world.FindAsync("item");
        var session = Record.ExceptionAsync(() => RolloutRunner.EnableAsync(world.Database, table, new EnableRequest(), TenantRolloutPhase.Enforce));
        Assert.Equal("RowsWithoutTenant", ((await session) as TenantException)?.ErrorId);
        await stop.CancelAsync();
        await old;
        Assert.True(rounds > 1, $"{rounds} rounds");
    }

    private static Task<int> OnAlterAsync(TableWorld world, string what) => TestDatabase.ExecuteAsync(world.Test.Superuser, $"""
        create function slow() returns event_trigger language plpgsql as $$ begin {what}; end $$;
        create event trigger slow on ddl_command_end when tag in ('ALTER TABLE') execute function slow();
        """);

    private static async Task<TenantException> FailsAsync(TableWorld world, RolloutOptions options, EnableRequest? request = null)
    {
        var table = await world.FindAsync("item");
        return await Assert.ThrowsAsync<TenantException>(() => RolloutRunner.EnableAsync(world.Database, table, request ?? new EnableRequest(null, "acme"), null, options));
    }
}
