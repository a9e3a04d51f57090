using Tenants.Engine.Audit;
using Tenants.Engine.Tests.Support;
using Xunit;

namespace Tenants.Engine.Tests.Audit;

public class TableAccessTests
{
    [Fact]
    public async Task Each_login_with_rights_is_listed_with_what_it_will_see()
    {
        await using var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();
        var (app, _) = await world.Test.CreateLoginAsync("app");
        var (colleague, _) = await world.Test.CreateLoginAsync("colleague");
        var (backup, _) = await world.Test.CreateLoginAsync("backup", "bypassrls");
        var (column, _) = await world.Test.CreateLoginAsync("column");
        var (member, _) = await world.Test.CreateLoginAsync("member");
        var (reader, _) = await world.Test.CreateLoginAsync("reader");
        var (stranger, _) = await world.Test.CreateLoginAsync("stranger");
        await world.CreateBoundLoginAsync("acme");
        await world.SuperuserAsync(
            $"""
            grant select, insert on todo_item to {app};
            grant select on todo_item to {colleague}; grant "{world.Installation.AdminRole}" to {colleague};
            grant select on todo_item to {backup};
            grant update (title) on todo_item to {column};
            create role {world.Test.Name}_group; grant delete on todo_item to {world.Test.Name}_group; grant {world.Test.Name}_group to {member};
            grant pg_read_all_data to {reader};
            grant select on todo_item to "{world.Installation.SessionRole}";
            """);

        var audit = await AuditAsync(world);
        string Sight(string login) => $"{Assert.Single(audit.Access, a => a.Login == login).Sees}";
        Assert.Equal("Nothing", Sight(app));
        Assert.Equal("Everything", Sight(colleague));
        Assert.Equal("Everything", Sight(backup));
        Assert.Equal("Nothing", Sight(column));
        Assert.Equal("Nothing", Sight(member));
        Assert.Equal("Nothing", Sight(reader));
        Assert.Equal("OwnTenant", Sight($"{world.Test.Name}_bound"));
        Assert.Equal("Everything", Sight(world.Test.AdminLogin));
        Assert.DoesNotContain(audit.Access, a => a.Login == stranger);
        Assert.Equal(["SELECT", "INSERT"], audit.Access.Single(a => a.Login == app).Rights);
        Assert.Equal(["UPDATE"], audit.Access.Single(a => a.Login == column).Rights);

        var blind = Assert.Single(audit.Questions, q => q.Contains("no row", StringComparison.Ordinal));
        Assert.All((string[])[app, column, member, reader], l => Assert.Contains(l, blind, StringComparison.Ordinal));
        Assert.DoesNotContain(colleague, blind, StringComparison.Ordinal);
        var seeing = Assert.Single(audit.Questions, q => q.Contains("go on seeing", StringComparison.Ordinal));
        Assert.Contains(colleague, seeing, StringComparison.Ordinal);
        Assert.Contains(backup, seeing, StringComparison.Ordinal);
        Assert.DoesNotContain(world.Test.AdminLogin, string.Concat(audit.Questions), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_is_asked_where_only_the_owner_has_rights()
    {
        await using var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();

        Assert.Empty((await AuditAsync(world)).Questions);
    }

    [Fact]
    public async Task Nobody_is_asked_about_an_owner_that_is_not_the_one_who_asks()
    {
        await using var world = await TenantWorld.CreateAsync(asSuperuser: true);
        await world.CreateTodoAsync();
        await world.AdminAsync($"alter table public.todo_item owner to {world.Test.AdminLogin}");

        var audit = await AuditAsync(world);
        Assert.Empty(audit.Questions);
        Assert.Equal(TenantVisibility.Everything, Assert.Single(audit.Access, a => a.Login == world.Test.AdminLogin).Sees);
    }

    [Fact]
    public async Task Nobody_is_asked_where_the_table_is_enforced_already()
    {
        await using var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();
        var (app, _) = await world.Test.CreateLoginAsync("app");
        await world.AdminAsync($"grant select on todo_item to {app}");
        Assert.NotEmpty((await AuditAsync(world)).Questions);

        await world.EnableAsync();
        Assert.Empty((await AuditAsync(world)).Questions);
    }

    [Fact]
    public async Task Rights_of_public_are_one_question_however_many_logins_there_are()
    {
        await using var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();
        for (var i = 0; i < 15; i++)
        {
            await world.Test.CreateLoginAsync($"crowd{i}");
        }

        await world.AdminAsync("grant select on todo_item to public");

        var audit = await AuditAsync(world);
        var question = Assert.Single(audit.Questions);
        Assert.Contains("PUBLIC holds SELECT", question, StringComparison.Ordinal);
        Assert.Contains("more)", question, StringComparison.Ordinal);
        Assert.Single(audit.Access, a => a.Login == "PUBLIC");
    }

    [Fact]
    public async Task A_login_that_cannot_connect_or_enter_the_schema_is_not_listed()
    {
        await using var world = await TenantWorld.CreateAsync();
        await world.AdminAsync("create schema hidden; create table hidden.todo (tenant text)");
        var (app, _) = await world.Test.CreateLoginAsync("app");
        await world.AdminAsync($"grant select on hidden.todo to {app}");
        Assert.DoesNotContain((await AuditAsync(world, "hidden.todo")).Access, a => a.Login == app);

        await world.AdminAsync($"grant usage on schema hidden to {app}");
        Assert.Contains((await AuditAsync(world, "hidden.todo")).Access, a => a.Login == app);
    }

    private static async Task<TableAudit> AuditAsync(TenantWorld world, string table = "public.todo_item")
    {
        await using var connection = await world.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        return await TableAudit.ReadAsync(connection, world.Installation, await world.OidAsync(table), "tenant", TestContext.Current.CancellationToken);
    }
}
