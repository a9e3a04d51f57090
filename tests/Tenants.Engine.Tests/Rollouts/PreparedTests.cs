using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;
using Tenants.Engine.Tests.Tables;
using Xunit;

namespace Tenants.Engine.Tests.Rollouts;

/// <summary>A table between the two phases is told as what it is.</summary>
public sealed class PreparedTests
{
    [Theory]
    [InlineData("create table item (id int); insert into item values (1)", "tenant", "acme")]
    [InlineData("create table item (id int); insert into item values (1)", "Org \"x\"", "acme")]
    [InlineData("create table item (id int) partition by list (id); create table item_d partition of item default", "org", null)]
    public async Task It_is_told_with_its_column_and_what_is_missing_and_is_off_again_when_that_is_taken_back(string table, string column, string? tenant)
    {
        await using var world = await TableWorld.CreateAsync(table + "; create table other (tenant text)");
        await world.InitializeAsync(TenantIdType.Text);
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync("item"), new EnableRequest(column, tenant), TenantRolloutPhase.Prepare);
        var rls = await world.RlsAsync("item");
        Assert.Equal((TenantRlsState.Prepared, column, "text"), (rls.State, rls.Column, rls.Type));
        Assert.NotNull(rls.Index);
        Assert.Contains(rls.Missing, m => m.Contains("policy tenants_isolation", StringComparison.Ordinal));
        Assert.DoesNotContain(rls.Missing, m => m.StartsWith("column", StringComparison.Ordinal) || m.StartsWith("default", StringComparison.Ordinal));
        Assert.Equal("public.item", Assert.Single(await RlsReader.ListAsync(world.Database)).Table);
        Assert.Equal(TenantRlsState.Off, (await world.RlsAsync("other")).State);

        // What says nothing of a rollout is told by the default, which the way back takes away.
        var request = new DisableRequest(RemoveColumn: true) { Column = tenant is null ? column : null };
        await PlanRunner.RunAsync(world.Database, await DisablePlanner.PlanAsync(world.Database, await world.FindAsync("item"), request));
        Assert.Equal(TenantRlsState.Off, (await world.RlsAsync("item")).State);
        Assert.Equal(1, await world.ValueAsync<long>("select count(*) from pg_attribute where attrelid = 'item'::regclass and attnum > 0 and not attisdropped"));
        Assert.Empty(await RlsReader.ListAsync(world.Database));
    }
}
