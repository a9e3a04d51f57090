using Npgsql;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;
using Tenants.Engine.Tests.Tables;
using Tenants.Testing;
using Xunit;
using static Tenants.Engine.Tests.Rollouts.AccountItems;

namespace Tenants.Engine.Tests.Rollouts;

/// <summary>Rollouts beside traffic that gets in the way, and clients that stall.</summary>
public sealed class TrafficTests
{
    private const string Tables = Accounts + """
        create table item (id int generated always as identity primary key, account_id int, title text);
        insert into item (account_id, title) select 1 + i % 30, repeat('x', 300) || i from generate_series(1, 300) i;
        """;

    [Fact]
    public async Task Rows_that_go_on_coming_where_the_trigger_is_blind_do_not_keep_it_from_being_enforced()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        var (login, connectionString) = await world.Test.CreateLoginAsync("old");
        await world.EnableAsync("account");
        await world.RunAsync($"grant select, insert on item to {login}");
        await RunAsync(world, DeriveRequest, TenantRolloutPhase.Prepare);
        await using var source = NpgsqlDataSource.Create(connectionString);
        var came = 0;

        // At each point between two transactions one comes that the trigger cannot place.
        await RunAsync(world, DeriveRequest, TenantRolloutPhase.Enforce, new RolloutOptions
        {
            OnPoint = async _ =>
            {
                try
                {
                    await source.CreateCommand("insert into item (account_id, title) values (7, 'late')").ExecuteNonQueryAsync();
                    came++;
                }
                catch (PostgresException e) when (e.SqlState is "23514" or "23502" or "42501")
                {
                    // From here on it must say whose the row is.
                }
            },
        });
        Assert.True(came > 1, $"{came} came");
        Assert.Equal(came, await world.ValueAsync<long>("select count(*) from item where title = 'late' and tenant = 't1'"));
        Assert.Equal(TenantRlsState.On, (await world.RlsAsync("item")).State);
    }

    [Fact]
    public async Task A_constraint_that_was_left_over_goes_while_rows_are_without_a_tenant()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        await RunAsync(world, DeriveRequest, TenantRolloutPhase.Prepare);
        await world.RunAsync("insert into item (account_id) values (99); alter table item add constraint item_tenant_filled check (tenant is not null) not valid");
        foreach (var phase in (TenantRolloutPhase?[])[TenantRolloutPhase.Enforce, null])
        {
            var table = await world.FindAsync("item");
            var failure = await Assert.ThrowsAsync<TenantException>(() => RolloutRunner.EnableAsync(world.Database, table, DeriveRequest, phase));
            Assert.Equal("RowsWithoutTenant", failure.ErrorId);
            Assert.Contains("id of some: 301", failure.Message, StringComparison.Ordinal);
            await world.RunAsync("update item set title = 'old code' where account_id = 99");
            await world.RunAsync("alter table item add constraint item_tenant_filled check (tenant is not null) not valid");
        }

        await world.RunAsync("insert into account values (99, 't9')");
        await RunAsync(world, new EnableRequest());
        Assert.Equal(0, await world.ValueAsync<long>("select count(*) from pg_constraint where conrelid = 'item'::regclass and contype = 'c'"));
    }

    [Fact]
    public async Task A_client_that_stalls_in_a_transaction_loses_its_locks()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        var table = await world.FindAsync("item");
        await using var session = await RolloutSession.OpenAsync(world.Database, table.Oid, table.DisplayName, TestContext.Current.CancellationToken);
        await session.ExecuteAsync("begin; lock table public.item in access exclusive mode", TestContext.Current.CancellationToken);

        // Nobody would ever come to the row otherwise.
        await using var reader = await world.Test.Superuser.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand("set statement_timeout = '20s'; select count(*) from item", reader);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => session.ExecuteAsync("select 1", TestContext.Current.CancellationToken));
    }

    private static async Task RunAsync(TableWorld world, EnableRequest request, TenantRolloutPhase? phase = null, RolloutOptions? options = null) =>
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync("item"), request, phase, options);
}
