using Npgsql;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;
using Tenants.Engine.Tests.Tables;
using Tenants.Testing;
using Xunit;
using static Tenants.Engine.Tests.Rollouts.AccountItems;

namespace Tenants.Engine.Tests.Rollouts;

/// <summary>What a rollout's plan holds, run unit by unit as another tool would run it.</summary>
public sealed class RolloutPlannerTests
{
    private const string Tables = Accounts + """
        create table item (id int generated always as identity primary key, account_id int, title text);
        insert into item (account_id, title) select 1 + i % 30, 'item ' || i from generate_series(1, 300) i;
        """;

    [Theory]
    [InlineData(null, Derive)]
    [InlineData("acme", null)]
    public async Task Up_down_and_up_again_leaves_what_the_offline_way_makes(string? tenant, string? backfill)
    {
        await using var offline = await TableWorld.CreateAsync(Tables);
        await using var online = await TableWorld.CreateAsync(Tables);
        var request = new EnableRequest(null, tenant) { Backfill = backfill };
        await PlanRunner.RunAsync(offline.Database, (await EnablePlanner.PlanAsync(offline.Database, await offline.FindAsync("item"), request)).Plan);
        await online.InitializeAsync(TenantIdType.Text);

        var before = await CatalogPicture.ReadAsync(online.Test, "item");
        var plan = (await RolloutPlanner.PlanAsync(online.Database, await online.FindAsync("item"), request)).Plan;
        await RunAsync(online, plan);
        Assert.Equal(await CatalogPicture.ReadAsync(offline.Test, "item"), await CatalogPicture.ReadAsync(online.Test, "item"));
        Assert.Equal(await CatalogPicture.RowsAsync(offline.Test, "item"), await CatalogPicture.RowsAsync(online.Test, "item"));
        Assert.True((await RolloutPlanner.PlanAsync(online.Database, await online.FindAsync("item"), new EnableRequest())).Plan.IsEmpty);

        foreach (var step in plan.Steps.Reverse().Where(s => s.Down is not null))
        {
            await online.RunAsync(step.Down!);
        }

        // The tenant stays in the registry: by now other tables' rows may be its.
        Assert.Equal(before, (await CatalogPicture.ReadAsync(online.Test, "item")).Where(line => !line.StartsWith("tenant ", StringComparison.Ordinal)));
        await RunAsync(online, plan);
        Assert.Equal(await CatalogPicture.ReadAsync(offline.Test, "item"), await CatalogPicture.ReadAsync(online.Test, "item"));
        Assert.Equal(await CatalogPicture.RowsAsync(offline.Test, "item"), await CatalogPicture.RowsAsync(online.Test, "item"));
    }

    [Fact]
    public async Task An_expression_is_written_out_with_its_schemas_and_refused_where_it_is_no_value_of_a_row()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        var plan = (await RolloutPlanner.PlanAsync(world.Database, await world.FindAsync("item"), new EnableRequest { Backfill = "lower(title) -- a comment" })).Plan;
        Assert.Contains(plan.Steps, s => s.Backfill?.Value == "(lower(t.title))" || s.Backfill?.Value == "lower(t.title)");
        plan = (await RolloutPlanner.PlanAsync(world.Database, await world.FindAsync("item"), new EnableRequest { Backfill = Derive })).Plan;
        Assert.Contains(plan.Steps, s => s.Backfill?.Value.Contains("public.account a", StringComparison.Ordinal) == true);
        foreach (var wrong in (string[])["max(title)", "title, title", "select a.tenant, a.id from account a", "nothing", "generate_series(1, 2)", "1) is not null; drop table account; --", "title) is not null or (true"])
        {
            var table = await world.FindAsync("item");
            var failure = await Record.ExceptionAsync(() => RolloutPlanner.PlanAsync(world.Database, table, new EnableRequest { Backfill = wrong }));
            Assert.True(failure is TenantException { ErrorId: "BackfillInvalid" }, $"{wrong}: {failure}");
        }
    }

    private static async Task RunAsync(TableWorld world, Plan plan)
    {
        await using var connection = await world.Test.Admin.OpenConnectionAsync();
        foreach (var unit in plan.Units)
        {
            await using var transaction = unit.InTransaction ? await connection.BeginTransactionAsync() : null;
            foreach (var step in unit.Steps)
            {
                await using var command = new NpgsqlCommand(step.Up, connection);
                await command.ExecuteNonQueryAsync();
            }

            if (transaction is not null)
            {
                await transaction.CommitAsync();
            }
        }
    }
}
