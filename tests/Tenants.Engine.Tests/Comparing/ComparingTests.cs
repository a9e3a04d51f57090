using Tenants.Engine.Comparing;
using Tenants.Engine.Connections;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;
using Tenants.Engine.Tests.Tables;
using Xunit;
using static Tenants.TenantRlsDifferenceKind;
using static Tenants.TenantRlsSeverity;

namespace Tenants.Engine.Tests.Comparing;

public class ComparingTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TenantIdType.Text, "text")]
    [InlineData(TenantIdType.Text, "varchar(20)")]
    [InlineData(TenantIdType.Text, "name_domain")]
    [InlineData(TenantIdType.Integer, "integer")]
    [InlineData(TenantIdType.Integer, "text")]
    [InlineData(TenantIdType.Bigint, "bigint")]
    [InlineData(TenantIdType.Uuid, "uuid")]
    public async Task A_table_that_was_just_enabled_does_not_differ(TenantIdType type, string column)
    {
        var longest = string.Concat(Enumerable.Repeat("ü", 31)) + "x";
        await using var world = await TableWorld.CreateAsync($"""
            create domain name_domain as text;
            create schema "Odd ""One""; x";
            create table "Odd ""One""; x"."{longest}" ("Ten'ant $" {column}, n int) partition by list (n);
            create table "Odd ""One""; x"."P 1" partition of "Odd ""One""; x"."{longest}" for values in (1)
            """);
        await world.InitializeAsync(type);
        await world.EnableAsync($"\"Odd \"\"One\"\"; x\".\"{longest}\"", "Ten'ant $");

        Assert.Empty(await RlsComparer.CompareAsync(world.Database, cancellationToken: Cancellation));
    }

    [Theory]
    [InlineData("update pg_index set indisvalid = false where indexrelid = 'todo_item_tenant_idx'::regclass", "Enable-TenantRls public.todo_item -Online")]
    [InlineData("create index again on todo_item (tenant, title); update pg_index set indisvalid = false where indexrelid = 'again'::regclass", null)]
    public async Task An_invalid_index_says_that_its_statement_runs_by_itself_and_which_command_mends_it(string tampering, string? command)
    {
        await using var world = await CompareWorld.CreateAsync();
        await world.RunAsync(tampering);

        var found = await world.MendsAsync(TenantRlsDifferenceKind.IndexInvalid, TenantRlsSeverity.Warning);

        Assert.Equal(command, found.Command);
        Assert.StartsWith("-- by itself, outside of a transaction", found.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_column_of_another_name_is_known_by_its_default_when_the_policy_is_gone()
    {
        await using var world = await CompareWorld.CreateAsync();
        await world.RunAsync("alter table todo_item rename column tenant to \"Mandant\"; drop policy tenants_isolation on todo_item");

        var found = await world.MendsAsync(PolicyMissing, Critical);

        Assert.Contains("\"Mandant\"", found.Mend, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_column_that_is_gone_is_one_difference_and_its_policy_another()
    {
        await using var world = await CompareWorld.CreateAsync();
        await world.RunAsync("alter table todo_item drop column tenant cascade");

        var found = await world.CompareAsync();

        Assert.Equal([ColumnMissing, PolicyMissing], found.Select(d => d.Kind));
        foreach (var difference in found)
        {
            await world.RunAsync(difference.Mend!);
        }

        Assert.Empty(await world.CompareAsync());
    }

    [Fact]
    public async Task Rows_without_a_tenant_are_told_to_whom_can_see_them_and_nobody_else_is_told_that_there_are_none()
    {
        await using var world = await CompareWorld.CreateAsync();
        await world.RunAsync("alter table todo_item alter column tenant drop not null; insert into todo_item (title, tenant) values ('lost', null)");
        var (_, login) = await world.Tables.Test.CreateLoginAsync("reader");
        await using var reader = await TenantDatabase.OpenAsync(new ConnectionSettings(login), Cancellation);

        var found = await world.CompareAsync();
        Assert.Equal([RowsWithoutTenant, NotNullMissing], found.Select(d => d.Kind));
        Assert.Null(found[0].Mend);
        Assert.Contains("-DefaultTenant", found[0].Command, StringComparison.Ordinal);

        // He has no right on the table; with one, the policies show him no row.
        Assert.Equal([NotNullMissing], (await RlsComparer.CompareAsync(reader, cancellationToken: Cancellation)).Select(d => d.Kind));
        await world.RunAsync("grant select on todo_item to {db}_reader");
        Assert.DoesNotContain(RowsWithoutTenant, (await RlsComparer.CompareAsync(reader, cancellationToken: Cancellation)).Select(d => d.Kind));
    }

    [Fact]
    public async Task A_login_without_any_right_finds_the_same_and_changes_nothing()
    {
        await using var world = await CompareWorld.CreateAsync();
        await world.RunAsync("""
            alter table todo_item no force row level security; create policy more on event using (true); grant truncate on item to public;
            drop index special_tenant_idx; create table fresh (id int); grant update on plan to {session}; alter role {session} createdb
            """);
        var (_, login) = await world.Tables.Test.CreateLoginAsync("reader");
        await using var reader = await TenantDatabase.OpenAsync(new ConnectionSettings(login), Cancellation);

        var found = await RlsComparer.CompareAsync(reader, cancellationToken: Cancellation);

        Assert.Equal((await world.CompareAsync()).Select(d => d.ToString()), found.Select(d => d.ToString()));
        Assert.Equal([RoleChanged, SharingChanged, PolicySurplus, IndexMissing, RightSurplus, ForceOff, TableWithoutTenancy], found.Select(d => d.Kind));
    }

    [Fact]
    public async Task A_table_that_is_named_is_compared_alone_and_a_partition_with_its_root()
    {
        await using var world = await CompareWorld.CreateAsync();
        await world.RunAsync("alter table todo_item no force row level security; drop policy tenants_admin on event_eu; create table fresh (id int)");

        Assert.Equal(["public.todo_item"], await NamedAsync("todo_item"));
        Assert.Equal(["public.event"], await NamedAsync("event_us"));
        Assert.Equal(["public.fresh"], await NamedAsync("fresh"));
        Assert.Empty(await NamedAsync("plan"));

        async Task<IEnumerable<string?>> NamedAsync(string table) =>
            (await RlsComparer.CompareAsync(world.Tables.Database, [await world.Tables.FindAsync(table)], cancellationToken: Cancellation)).Select(d => d.Table);
    }

    [Fact]
    public async Task An_unfinished_rollout_is_told_with_the_command_that_finishes_it()
    {
        await using var world = await CompareWorld.CreateAsync();
        await world.Tables.RunAsync("create table fresh (id int); insert into fresh values (1)");
        await RolloutRunner.EnableAsync(
            world.Tables.Database, await world.Tables.FindAsync("fresh"), new EnableRequest(DefaultTenant: "acme"), TenantRolloutPhase.Prepare, cancellationToken: Cancellation);

        var unfinished = Assert.Single(await world.CompareAsync(), d => d.Kind == RolloutUnfinished);
        Assert.Equal(("public.fresh", Information, "Enable-TenantRls public.fresh -Online"), (unfinished.Table!, unfinished.Severity, unfinished.Command));

        await world.RunAsync($"alter table fresh disable trigger {FillTrigger.Name}");
        var disabled = Assert.Single(await world.CompareAsync(), d => d.Kind == RolloutUnfinished);
        Assert.Equal(Error, disabled.Severity);
        await world.RunAsync(disabled.Mend!);
        Assert.Equal(Information, Assert.Single(await world.CompareAsync(), d => d.Kind == RolloutUnfinished).Severity);

        await RolloutRunner.EnableAsync(world.Tables.Database, await world.Tables.FindAsync("fresh"), new EnableRequest(), cancellationToken: Cancellation);
        Assert.Empty(await world.CompareAsync());
    }

    [Fact]
    public async Task An_older_stamp_and_a_role_that_is_gone_are_told()
    {
        await using var world = await CompareWorld.CreateAsync();
        await world.RunAsync("update {schema}.setting set value = '1' where name = 'version'");
        var stamp = Assert.Single(await world.CompareAsync());
        Assert.Equal((DatabaseNotReady, Error, "Update-TenantDatabase"), (stamp.Kind, stamp.Severity, stamp.Command));
        Assert.Contains("setting set value = '2'", stamp.Mend, StringComparison.Ordinal);

        await world.RunAsync("update {schema}.setting set value = '2' where name = 'version'; alter role {session} rename to {db}_renamed");
        Assert.Equal(RoleMissing, Assert.Single(await world.CompareAsync()).Kind);
    }
}
