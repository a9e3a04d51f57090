using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;
using Tenants.Engine.Tests.Tables;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Rollouts;

/// <summary>What a rollout does not begin, go on with or drop.</summary>
public sealed class RefusedTests
{
    private const string Tables = "create table item (id int primary key, account_id int); insert into item select i, i from generate_series(1, 30) i;";

    [Theory]
    [InlineData("", "lent.tenant_of(t.id)", "function lent.tenant_of(integer)")]
    [InlineData("create view public.through as select lent.tenant_of(1) as tenant", "select x.tenant from public.through x limit 1", "function lent.tenant_of(integer)")]
    [InlineData("", "select x.tenant from lent.theirs x limit 1", "view lent.theirs")]
    public async Task An_expression_that_runs_what_a_lesser_role_owns_is_refused(string made, string expression, string what)
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        var (login, _) = await world.Test.CreateLoginAsync("lesser");
        await TestDatabase.ExecuteAsync(world.Test.Superuser, $"""
            create schema lent authorization {login};
            create function lent.tenant_of(int) returns text language sql return 't1';
            create view lent.theirs as select 't1'::text as tenant;
            alter function lent.tenant_of owner to {login};
            alter view lent.theirs owner to {login};
            grant usage on schema lent to public;
            {made}
            """);
        var failure = await FailsAsync(world, "BackfillNotTrusted", new EnableRequest { Backfill = expression });
        Assert.Contains(what, failure.Message, StringComparison.Ordinal);
        Assert.Contains($"belongs to {login}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_right_to_temporary_views_the_grant_is_named()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        await TestDatabase.ExecuteAsync(world.Test.Superuser, $"revoke temporary on database {world.Test.Name} from public, {world.Test.AdminLogin}");
        var failure = await FailsAsync(world, "PermissionDenied", new EnableRequest { Backfill = "'t1'" });
        Assert.Contains($"grant temporary on database \"{world.Test.Name}\" to \"{world.Test.AdminLogin}\"", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_right_that_the_triggers_function_needs_is_named_where_the_index_is_there_already()
    {
        await using var world = await TableWorld.CreateAsync();
        await world.InitializeAsync(TenantIdType.Text);
        await TestDatabase.ExecuteAsync(world.Test.Superuser, $"""
            create schema "Odd s";
            create table "Odd s".item (id int, tenant text);
            create index on "Odd s".item (tenant);
            insert into "Odd s".item values (1, null);
            alter table "Odd s".item owner to {world.Test.AdminLogin};
            grant usage on schema "Odd s" to {world.Test.AdminLogin} with grant option;
            """);
        var table = await world.FindAsync("\"Odd s\".item");
        var request = new EnableRequest { Backfill = "'acme'" };
        var failure = await Assert.ThrowsAsync<TenantException>(() => RolloutRunner.EnableAsync(world.Database, table, request));
        var grant = $"grant create on schema \"Odd s\" to \"{world.Test.AdminLogin}\";";
        Assert.Equal("PermissionDenied", failure.ErrorId);
        Assert.Contains(grant, failure.Message, StringComparison.Ordinal);

        // In one transaction there is no trigger, and nothing to be made.
        Assert.NotEmpty((await EnablePlanner.PlanAsync(world.Database, table, request)).Plan.Steps);
        await TestDatabase.ExecuteAsync(world.Test.Superuser, grant);
        await RolloutRunner.EnableAsync(world.Database, table, request);
    }

    [Theory]
    [InlineData("create domain public.org as text check (length(value) < 99)")]
    [InlineData("create domain public.org as text default 'x'")]
    [InlineData("create domain public.base as text not null; create domain public.org as base")]
    public async Task A_domain_for_which_the_table_would_be_written_anew_is_refused(string made)
    {
        await using var world = await TableWorld.CreateAsync(Tables + made);
        var failure = await FailsAsync(world, "ColumnTypeNotSupported", new EnableRequest(null, "acme") { Type = "public.org", BaseType = "text" });
        Assert.Contains("Ask for text", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("update tenants.rollout set root_name = 'other'")]
    [InlineData("update tenants.rollout set root_schema = 'other'")]
    [InlineData("alter table item drop column tenant cascade")]
    public async Task The_state_of_another_table_is_not_gone_on_with(string change)
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        await RunAsync(world, new EnableRequest(null, "acme"), TenantRolloutPhase.Prepare);
        await world.RunAsync(change + "; insert into tenants.rollout (member, root, \"column\") values (1, 1, 'tenant')");
        await world.RunAsync("drop trigger if exists zz_tenants_fill on item; alter table item drop column if exists tenant");
        await FailsAsync(world, "DefaultTenantRequired", new EnableRequest());
        await RunAsync(world, new EnableRequest(null, "globex"), TenantRolloutPhase.Prepare);
        Assert.Equal(1, await world.ValueAsync<long>("select count(*) from tenants.rollout"));
    }

    [Fact]
    public async Task What_is_gone_on_with_is_told()
    {
        await using var world = await TableWorld.CreateAsync(Tables);
        await RunAsync(world, new EnableRequest(null, "acme"), TenantRolloutPhase.Prepare);
        var notices = new List<string>();
        await RunAsync(world, new EnableRequest(), TenantRolloutPhase.Enforce, new RolloutOptions { OnNotice = n => notices.Add(n.Message) });
        Assert.Contains(notices, n => n.Contains("-DefaultTenant acme", StringComparison.Ordinal));
    }

    [Fact]
    public void Names_that_the_module_gives_are_known()
    {
        Assert.True(IndexNames.IsChosen("item_tenant_idx", "item", "tenant", "_idx"));
        Assert.True(IndexNames.IsChosen("item_tenant_idx2", "item", "tenant", "_idx"));
        Assert.False(IndexNames.IsChosen("my_tenant_idx", "item", "tenant", "_idx"));
        Assert.False(IndexNames.IsChosen("item_tenant_idxa", "item", "tenant", "_idx"));
    }

    private static async Task RunAsync(TableWorld world, EnableRequest request, TenantRolloutPhase? phase = null, RolloutOptions? options = null) =>
        await RolloutRunner.EnableAsync(world.Database, await world.FindAsync("item"), request, phase, options);

    private static async Task<TenantException> FailsAsync(TableWorld world, string errorId, EnableRequest request)
    {
        var table = await world.FindAsync("item");
        var failure = await Assert.ThrowsAsync<TenantException>(() => RolloutRunner.EnableAsync(world.Database, table, request));
        Assert.Equal(errorId, failure.ErrorId);
        return failure;
    }
}
