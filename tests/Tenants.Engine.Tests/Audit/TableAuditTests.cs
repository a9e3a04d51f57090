using Npgsql;
using Tenants.Engine.Audit;
using Tenants.Engine.Tests.Support;
using Xunit;

namespace Tenants.Engine.Tests.Audit;

public class TableAuditTests
{
    private const string Table = "public.todo_item";

    [Fact]
    public async Task A_tight_table_gives_no_warning()
    {
        await using var world = await TenantWorld.CreateAsync();
        await TightenAsync(world);
        await world.CreateTodoAsync(", id uuid not null default gen_random_uuid() primary key, unique (tenant, title)");

        Assert.Empty((await AuditAsync(world)).Warnings);
    }

    public static TheoryData<string, string> Mendable => new()
    {
        // What is done to the table, as the admin; and what the warning names.
        { "alter table public.todo_item add constraint one_title unique (title)", "one_title (title)" },
        { "create unique index lower_title on public.todo_item (lower(title))", "lower_title (lower(title))" },
        { "alter table public.todo_item add primary key (title)", "todo_item_pkey (title)" },
        {
            "alter table public.todo_item add id uuid default gen_random_uuid() primary key, add parent uuid constraint parent_key references public.todo_item on delete cascade",
            "parent_key (public.todo_item to public.todo_item, deletes with it)"
        },
        {
            "create table public.list (tenant text not null, id int not null, primary key (tenant, id), unique (id)); alter table public.todo_item add list int constraint list_key references public.list (id)",
            "list_key (public.todo_item to public.list)"
        },
        { "create policy everybody on public.todo_item for select using (title like 'a%')", "permissive policy everybody opens rows to every tenant" },
        { "create rule keep as on delete to public.todo_item do also delete from public.todo_item", "rules rewrite statements: keep" },
        { "grant truncate, trigger on public.todo_item to public", "PUBLIC (TRIGGER, TRUNCATE)" },
        { "alter default privileges in schema public grant select on tables to public", "Default privileges open each new table" },
    };

    [Theory]
    [MemberData(nameof(Mendable))]
    public async Task What_loosens_a_table_is_told_and_gone_once_mended(string loosening, string named)
    {
        await using var world = await TenantWorld.CreateAsync();
        await TightenAsync(world);
        await world.CreateTodoAsync();
        await world.AdminAsync(loosening);

        var warning = Assert.Single((await AuditAsync(world)).Warnings, w => w.Contains(named, StringComparison.Ordinal));
        foreach (var statement in Statements(warning))
        {
            await world.AdminAsync(statement);
        }

        Assert.DoesNotContain((await AuditAsync(world)).Warnings, w => w.Contains(named, StringComparison.Ordinal));
    }

    public static TheoryData<string, string> MendableBySuperuser => new()
    {
        { "create function public.all_titles() returns setof text language sql security definer as 'select title from public.todo_item'", "public.all_titles() (owner " },
        { "create function public.anything() returns text language sql security definer as 'select ''x'''", "public.anything() (owner " },
        {
            "create function public.copy_it() returns trigger language plpgsql security definer as 'begin return new; end'; create trigger copying before insert on public.todo_item for each row execute function public.copy_it()",
            "copying (public.copy_it()"
        },
    };

    [Theory]
    [MemberData(nameof(MendableBySuperuser))]
    public async Task What_runs_as_a_superuser_is_told_and_gone_once_mended(string loosening, string named)
    {
        await using var world = await TenantWorld.CreateAsync();
        await TightenAsync(world);
        await world.CreateTodoAsync();
        await world.SuperuserAsync(loosening);

        var warning = Assert.Single((await AuditAsync(world)).Warnings, w => w.Contains(named, StringComparison.Ordinal));
        foreach (var statement in Statements(warning))
        {
            await world.SuperuserAsync(statement);
        }

        Assert.DoesNotContain((await AuditAsync(world)).Warnings, w => w.Contains(named, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_superusers_view_is_told_and_gone_once_it_reads_as_whoever_asks()
    {
        await using var world = await TenantWorld.CreateAsync();
        await TightenAsync(world);
        await world.CreateTodoAsync();
        await world.SuperuserAsync("create view public.titles as select title from public.todo_item; create view public.over as select * from public.titles; grant select on public.over to public");

        var warning = Assert.Single((await AuditAsync(world)).Warnings);
        Assert.Contains("public.titles (owner", warning, StringComparison.Ordinal);
        Assert.Contains("public.over (owner", warning, StringComparison.Ordinal);
        foreach (var statement in Statements(warning))
        {
            await world.SuperuserAsync(statement);
        }

        Assert.DoesNotContain((await AuditAsync(world)).Warnings, w => w.Contains("whom no policy binds", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_materialized_view_that_others_may_read_is_told()
    {
        await using var world = await TenantWorld.CreateAsync();
        await TightenAsync(world);
        await world.CreateTodoAsync();
        await world.AdminAsync("create materialized view public.copies as select * from public.todo_item; grant select on public.copies to public");

        var warning = Assert.Single((await AuditAsync(world)).Warnings);
        Assert.Contains("public.copies (open to PUBLIC)", warning, StringComparison.Ordinal);
        Assert.Equal(["revoke all on \"public\".\"copies\" from public"], Statements(warning));
    }

    [Fact]
    public async Task A_restrictive_policy_is_told_where_it_hides_rows_from_the_admin()
    {
        await using var world = await TenantWorld.CreateAsync();
        await TightenAsync(world);
        await world.CreateTodoAsync();
        await world.EnableAsync();
        await world.AdminAsync("create policy short on public.todo_item as restrictive using (length(title) < 2)");

        var warning = Assert.Single((await AuditAsync(world)).Warnings);
        Assert.Contains("restrictive policy short hides rows from the admin", warning, StringComparison.Ordinal);

        var pass = warning[(warning.IndexOf("… or ", StringComparison.Ordinal) + 5)..];
        await world.AdminAsync($"drop policy short on public.todo_item; create policy short on public.todo_item as restrictive using (length(title) < 2 or {pass})");
        Assert.Empty((await AuditAsync(world)).Warnings);
        Assert.Equal(2, await world.AdminValueAsync<long>("select count(*) from public.todo_item"));
    }

    [Fact]
    public async Task A_permissive_policy_that_holds_to_the_tenant_is_not_told()
    {
        await using var world = await TenantWorld.CreateAsync();
        await TightenAsync(world);
        await world.CreateTodoAsync();
        await world.EnableAsync();
        await world.AdminAsync($"create policy mine on public.todo_item for select using (title like 'a%' and tenant = (select {world.Installation.CurrentTenantCall}))");
        Assert.Empty((await AuditAsync(world)).Warnings);

        await world.AdminAsync($"create policy theirs on public.todo_item for select using (title like 'a%' or tenant = (select {world.Installation.CurrentTenantCall}))");
        Assert.Contains("theirs", Assert.Single((await AuditAsync(world)).Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_that_names_a_role_of_tenants_is_told_and_gone_once_mended()
    {
        await using var world = await TenantWorld.CreateAsync();
        await TightenAsync(world);
        await world.CreateTodoAsync();
        await world.AdminAsync($"create policy theirs on public.todo_item as restrictive to \"{world.Installation.SessionRole}\" using (true)");

        var warning = Assert.Single((await AuditAsync(world)).Warnings);
        Assert.Contains("DROP OWNED BY", warning, StringComparison.Ordinal);
        await world.AdminAsync(Assert.Single(Statements(warning)));
        Assert.Empty((await AuditAsync(world)).Warnings);
    }

    [Theory]
    [InlineData("create index by_lower on public.todo_item (tenant, lower(title))", "by_lower", true)]
    [InlineData("create index by_prefix on public.todo_item (title text_pattern_ops)", "by_prefix", true)]
    [InlineData("alter table public.todo_item add amount numeric; create index by_amount on public.todo_item (tenant, amount)", "by_amount", true)]
    [InlineData("alter table public.todo_item add tags text[]; create index by_tags on public.todo_item using gin (tags)", "by_tags", true)]
    [InlineData("create index by_title on public.todo_item (tenant, title)", "by_title", false)]
    [InlineData("alter table public.todo_item add at timestamptz; create index by_time on public.todo_item using brin (at)", "by_time", false)]
    public async Task Indexes_that_row_security_does_not_search_are_told(string sql, string index, bool told)
    {
        await using var world = await TenantWorld.CreateAsync();
        await TightenAsync(world);
        await world.CreateTodoAsync();
        await world.AdminAsync(sql);

        Assert.Equal(told, (await AuditAsync(world)).Warnings.Any(w => w.Contains(index, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_counted_key_is_told_shortly()
    {
        await using var world = await TenantWorld.CreateAsync();
        await TightenAsync(world);
        await world.CreateTodoAsync(", id bigint generated always as identity primary key");

        Assert.Contains("a number is taken", Assert.Single((await AuditAsync(world)).Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Publications_are_told()
    {
        await using var world = await TenantWorld.CreateAsync();
        await TightenAsync(world);
        await world.CreateTodoAsync();
        await world.AdminAsync("create publication feed for table public.todo_item");

        Assert.Contains("publications carry all tenants' rows, policies or not: feed", Assert.Single((await AuditAsync(world)).Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_subscription_is_told()
    {
        await using var world = await TenantWorld.CreateAsync();
        await TightenAsync(world);
        await world.CreateTodoAsync();
        var name = $"{world.Test.Name}_sub";
        await world.SuperuserAsync($"create subscription {name} connection 'dbname=none' publication feed with (connect = false)");
        try
        {
            await world.SuperuserAsync($"insert into pg_subscription_rel (srsubid, srrelid, srsubstate) select oid, '{Table}'::regclass, 'r' from pg_subscription where subname = '{name}'");
        }
        catch (PostgresException)
        {
            Assert.Skip("The catalog cannot be written here.");
        }

        var warnings = (await AuditAsync(world)).Warnings;
        await world.SuperuserAsync($"alter subscription {name} set (slot_name = none); drop subscription {name}");
        Assert.Contains(name, Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schema_in_which_everybody_may_create_is_told()
    {
        await using var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();
        await world.SuperuserAsync("grant create on schema public to public");

        var warning = Assert.Single((await AuditAsync(world)).Warnings);
        Assert.Equal(["revoke create on schema \"public\" from public"], Statements(warning));
    }

    [Fact]
    public async Task It_works_before_the_database_is_initialised()
    {
        await using var world = await TenantWorld.CreateAsync();
        await TightenAsync(world);
        await world.CreateTodoAsync();
        var planned = world.Installation with { Schema = "nowhere", AdminRole = "no admin", SessionRole = "no session", OwnerRole = "no owner" };

        await using var connection = await world.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        var audit = await TableAudit.ReadAsync(connection, planned, await world.OidAsync(Table), "tenant", TestContext.Current.CancellationToken);
        Assert.Empty(audit.Warnings);
        Assert.Contains(audit.Access, a => a.Login == world.Test.AdminLogin && a.Sees == TenantVisibility.Everything);
    }

    [Fact]
    public async Task It_leaves_the_path_of_the_connection_as_it_was()
    {
        await using var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync();
        await using var connection = await world.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using var show = new NpgsqlCommand("show search_path", connection);
        var before = await show.ExecuteScalarAsync(TestContext.Current.CancellationToken);
        await TableAudit.ReadAsync(connection, world.Installation, await world.OidAsync(Table), "tenant", TestContext.Current.CancellationToken);

        Assert.Equal(before, await show.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>The statements of a warning stand in lines of their own.</summary>
    private static string[] Statements(string warning) =>
        [.. warning.Split('\n').Where(l => l.StartsWith("    ", StringComparison.Ordinal)).Select(l => l.Trim().TrimEnd(';'))
            .SelectMany(l => l.Split("; ")).Select(s => s.Split(" -- ")[0])];

    // Before PostgreSQL 15 everybody may create in the schema public, and that is told with each table.
    private static Task TightenAsync(TenantWorld world) => world.SuperuserAsync("revoke create on schema public from public; grant create on schema public to " + world.Test.AdminLogin);

    private static async Task<TableAudit> AuditAsync(TenantWorld world)
    {
        await using var connection = await world.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        return await TableAudit.ReadAsync(connection, world.Installation, await world.OidAsync(Table), "tenant", TestContext.Current.CancellationToken);
    }
}
