using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;
using Tenants.Engine.Tests.Tables;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Rollouts;

/// <summary>Others who work on the same table: a colleague who builds an index, another admin who ends what one began.</summary>
public sealed class OtherHandsTests
{
    private const string Tables = "create table item (id int primary key, account_id int); insert into item select i, i from generate_series(1, 30) i;";

    private static readonly EnableRequest s_request = new() { Backfill = "'t' || t.account_id % 3" };

    [Theory]
    [InlineData("create index item_tenant_idx on item (tenant)", 2)]
    [InlineData("create index item_tenant_idx on item (account_id)", 3)]
    [InlineData("create table item_tenant_idx ()", 2)]
    public async Task What_takes_the_indexs_name_meanwhile_is_left_alone(string theirs, int indexes)
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        await world.InitializeAsync(TenantIdType.Text);
        var isDone = false;
        var options = new RolloutOptions
        {
            OnPoint = async point =>
            {
                if (point.StartsWith("before index", StringComparison.Ordinal) && !isDone)
                {
                    isDone = true;
                    await world.RunAsync(theirs);
                }
            },
        };
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync("item"), s_request, null, options);
        Assert.True(isDone);
        Assert.NotNull(await world.ValueAsync<string>("select to_regclass('item_tenant_idx')::text"));
        Assert.Equal(indexes, await world.ValueAsync<long>("select count(*) from pg_index where indrelid = 'item'::regclass and indisvalid"));
        Assert.Empty((await world.RlsAsync("item")).Missing);
    }

    [Fact]
    public async Task A_rollout_that_another_admin_began_is_refused_at_once_with_what_lets_it_be_ended()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        await world.InitializeAsync(TenantIdType.Text);
        var installation = await world.Database.GetInstallationAsync();
        var (login, connectionString) = await world.Test.CreateLoginAsync("second");
        await TestDatabase.ExecuteAsync(world.Test.Superuser, $"""
            create role {world.Test.Name}_team;
            grant {world.Test.Name}_team, "{installation.AdminRole}", "{installation.SessionRole}" to {login}, {world.Test.AdminLogin};
            grant "{installation.AdminRole}" to {world.Test.Name}_team;
            grant create, usage on schema public to {world.Test.Name}_team, {world.Test.AdminLogin} with grant option;
            alter table item owner to {world.Test.Name}_team;
            alter schema public owner to postgres;
            """);
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync("item"), s_request, TenantRolloutPhase.Prepare);
        await using var second = await TenantDatabase.OpenAsync(new ConnectionSettings(connectionString));
        var table = Assert.Single(await TableFinder.FindAsync(second, "item"));
        var before = await CatalogPicture.ReadAsync(world.Test, "item");
        await FailsAsync(() => RolloutRunner.EnableAsync(second, table, new EnableRequest(), TenantRolloutPhase.Enforce));
        await FailsAsync(() => RolloutPlanner.PlanAsync(second, table, new EnableRequest(), TenantRolloutPhase.Enforce));
        await FailsAsync(() => EnablePlanner.PlanAsync(second, table, new EnableRequest()));
        var failure = await FailsAsync(() => DisablePlanner.PlanAsync(second, table, new DisableRequest()));
        Assert.Equal(before, await CatalogPicture.ReadAsync(world.Test, "item"));

        // What it names does.
        Assert.Contains($"begun by {world.Test.AdminLogin}", failure.Message, StringComparison.Ordinal);
        await TestDatabase.ExecuteAsync(world.Test.Superuser, failure.Message[failure.Message.IndexOf("alter function", StringComparison.Ordinal)..]);
        await RolloutRunner.EnableAsync(second, table, new EnableRequest(), TenantRolloutPhase.Enforce);
        Assert.Equal(TenantRlsState.On, (await world.RlsAsync("item")).State);
    }

    private static async Task<TenantException> FailsAsync(Func<Task> run)
    {
        var failure = await Assert.ThrowsAsync<TenantException>(run);
        Assert.Equal("PermissionDenied", failure.ErrorId);
        Assert.Contains("alter function", failure.Message, StringComparison.Ordinal);
        return failure;
    }
}
