using Npgsql;
using Tenants.Engine.Tests.Support;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.RedTeam;

/// <summary>
/// What runs with the owner's rights (views, SECURITY DEFINER functions, rules) in a tenant's hands. Each attack is shown to
/// work where the defence is taken away, or it would prove nothing.
/// </summary>
public class OwnersRightsTests
{
    private const string OwnersView = "create view public.titles as select title from public.todo_item; grant select on public.titles to public";
    private const string OwnersFunction = "create function public.titles() returns setof text language sql stable security definer as 'select title from public.todo_item'";

    [Theory]
    [InlineData(OwnersView, "select title from public.titles")]
    [InlineData(OwnersFunction, "select public.titles()")]
    public async Task The_owners_rights_show_a_tenant_only_its_own_rows(string setup, string attack)
    {
        await using var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();
        await world.EnableAsync();
        await world.AdminAsync(setup);
        var bound = await world.CreateBoundLoginAsync("acme");

        Assert.Equal(["a1"], await world.TenantAsync<string>("acme", attack));
        Assert.Equal(["a1"], await TestDatabase.ColumnAsync<string>(bound, attack));
    }

    [Theory]
    [InlineData(OwnersView, "select title from public.titles order by 1")]
    [InlineData(OwnersFunction, "select public.titles() order by 1")]
    public async Task Control_an_admin_policy_that_is_bare_true_shows_all_rows_through_them(string setup, string attack)
    {
        await using var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();
        await world.EnableAsync();
        await world.AdminAsync(setup);
        var bound = await world.CreateBoundLoginAsync("acme");

        await world.AdminAsync("alter policy tenants_admin on public.todo_item using (true)");

        Assert.Equal(["a1", "g1"], await world.TenantAsync<string>("acme", attack));
        Assert.Equal(["a1", "g1"], await TestDatabase.ColumnAsync<string>(bound, attack));
    }

    [Fact]
    public async Task The_admin_still_sees_all_through_his_own_view_and_function()
    {
        await using var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();
        await world.EnableAsync();
        await world.AdminAsync($"{OwnersView}; {OwnersFunction}");

        Assert.Equal(2, await world.AdminValueAsync<long>("select count(*) from public.titles"));
        Assert.Equal(2, await world.AdminValueAsync<long>("select count(*) from public.titles() t"));
    }

    [Fact]
    public async Task A_superusers_view_shows_all_rows_until_it_reads_as_whoever_asks()
    {
        await using var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();
        await world.EnableAsync();
        await world.SuperuserAsync(OwnersView);

        // No policy binds a superuser, so this cannot be prevented; it is told by the audit, with this mend.
        Assert.Equal(["a1", "g1"], await world.TenantAsync<string>("acme", "select title from public.titles order by 1"));
        await world.SuperuserAsync(world.Major >= 15
            ? "alter view public.titles set (security_invoker = true)"
            : $"alter view public.titles owner to {world.Test.AdminLogin}");

        Assert.Equal(["a1"], await world.TenantAsync<string>("acme", "select title from public.titles"));
    }

    [Fact]
    public async Task A_rule_of_the_owner_deletes_only_the_tenants_own_rows()
    {
        await using var world = await TenantWorld.CreateAsync();
        await SetRuleAsync(world);

        await world.TenantAsync<string>("acme", "delete from public.outbox");

        Assert.Equal(["g1"], await TestDatabase.ColumnAsync<string>(world.Test.Admin, "select title from public.todo_item"));
    }

    [Fact]
    public async Task Control_without_force_a_rule_of_the_owner_deletes_all_rows()
    {
        await using var world = await TenantWorld.CreateAsync();
        await SetRuleAsync(world);
        await world.AdminAsync("alter table public.todo_item no force row level security");

        await world.TenantAsync<string>("acme", "delete from public.outbox");

        Assert.Empty(await TestDatabase.ColumnAsync<string>(world.Test.Admin, "select title from public.todo_item"));
    }

    [Fact]
    public async Task A_temporary_table_of_the_same_name_is_not_what_the_policy_asks()
    {
        await using var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();
        await world.EnableAsync();
        await using var bound = await (await world.CreateBoundLoginAsync("acme")).OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var shadow = new NpgsqlCommand(
            """
            create temp table login (oid oid, name name, tenant text, expires_at timestamptz);
            insert into login select oid, rolname, 'globex' from pg_roles where rolname = session_user;
            create function pg_temp.current_tenant() returns text language sql as 'select ''globex''';
            set search_path = pg_temp, pg_catalog, public
            """,
            bound);
        await shadow.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        await using var attack = new NpgsqlCommand("select string_agg(title, ',') from public.todo_item", bound);
        Assert.Equal("a1", await attack.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    private static async Task SetRuleAsync(TenantWorld world)
    {
        await world.CreateTodoAsync();
        await world.EnableAsync();
        await world.AdminAsync(
            $"""
            create table public.outbox (id int); insert into public.outbox values (1);
            create rule clear as on delete to public.outbox do also delete from public.todo_item;
            grant select, delete on public.outbox to "{world.Installation.SessionRole}"
            """);
    }
}
