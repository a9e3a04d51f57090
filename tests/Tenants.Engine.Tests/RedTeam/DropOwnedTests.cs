using Npgsql;
using Tenants.Engine.Tests.Support;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.RedTeam;

/// <summary>A member of a role can DROP OWNED BY it, and the policies that name the role go with that.</summary>
public class DropOwnedTests
{
    [Fact]
    public async Task The_policies_survive_a_tenant_that_drops_what_its_group_owns()
    {
        await using var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();
        await world.EnableAsync();
        var bound = await world.CreateBoundLoginAsync("acme");

        await TryAsync(() => TestDatabase.ExecuteAsync(bound, $"drop owned by \"{world.Installation.SessionRole}\" cascade"));
        await TryAsync(() => TestDatabase.ExecuteAsync(bound, "drop owned by current_user cascade"));
        await TryAsync(() => world.TenantAsync<string>("acme", "drop owned by current_user cascade"));

        Assert.Equal(["tenants_admin", "tenants_isolation"], await PoliciesAsync(world));

        // Rights may be gone (Enable-TenantRls gives them again), but no row of another tenant is to be seen.
        await world.AdminAsync("grant select on public.todo_item to public");
        Assert.Equal(["a1"], await TestDatabase.ColumnAsync<string>(bound, "select title from public.todo_item"));
    }

    [Fact]
    public async Task Control_a_policy_that_names_the_group_is_dropped_by_its_member()
    {
        await using var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();
        await world.EnableAsync();
        await world.AdminAsync($"create policy keep on public.todo_item as restrictive to \"{world.Installation.SessionRole}\" using (title <> 'g1')");
        var bound = await world.CreateBoundLoginAsync("globex");

        var refused = await TryAsync(() => TestDatabase.ExecuteAsync(bound, $"drop owned by \"{world.Installation.SessionRole}\""));

        Assert.SkipWhen(refused is not null, $"This server refuses it: {refused?.MessageText}");
        Assert.DoesNotContain("keep", await PoliciesAsync(world));
    }

    private static Task<List<string>> PoliciesAsync(TenantWorld world) => TestDatabase.ColumnAsync<string>(
        world.Test.Superuser, "select polname::text from pg_policy where polrelid = 'public.todo_item'::regclass order by 1");

    private static async Task<PostgresException?> TryAsync(Func<Task> attack)
    {
        try
        {
            await attack();
            return null;
        }
        catch (PostgresException refused)
        {
            return refused;
        }
    }
}
