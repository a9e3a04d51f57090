using System.Text.RegularExpressions;
using Tenants.Engine.Comparing;
using Tenants.Engine.Connections;
using Tenants.Engine.Declarations;
using Tenants.Engine.Migrations;
using Tenants.Engine.Plans;
using Tenants.Engine.Queries.Text;
using Tenants.Engine.Tests.Sealed;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Migrations;

/// <summary>The database in which a migration runs is another one than that against which it was written.</summary>
public class ElsewhereTests
{
    private const TenantMigrationFormat Format = TenantMigrationFormat.GolangMigrate;

    [Fact]
    public async Task What_it_made_serves_there_in_either_trust_and_nothing_differs()
    {
        await using var world = await MigrationWorld.CreateAsync("create table todo_item (id int primary key)");
        await world.There.RunAsync("insert into todo_item values (1)");

        await UpAsync(world, new EnableRequest(DefaultTenant: "acme"), "todo_item");
        await TestDatabase.ExecuteAsync(world.There.Test.Superuser, "revoke create on schema public from public");
        await world.There.Database.ForgetInstallationAsync();
        await using var isolated = await TenantDatabase.OpenAsync(
            new ConnectionSettings(world.There.Test.AdminConnectionString) { Trust = TenantTrust.Sealed }, TestContext.Current.CancellationToken);

        Assert.Equal(["1"], await SealedWorld.QueryAsync(world.There.Database, "acme", "select id from todo_item"));
        Assert.Equal(["1"], await SealedWorld.QueryAsync(isolated, "acme", "select id from todo_item"));
        Assert.DoesNotContain(
            await RlsComparer.CompareAsync(world.There.Database, cancellationToken: TestContext.Current.CancellationToken), d => d.Table != "public.schema_migrations");
    }

    [Fact]
    public async Task A_shared_table_there_has_the_rights_that_a_run_would_give()
    {
        const string Tables = "create table country (code text)";
        await using var world = await MigrationWorld.CreateAsync(Tables);
        var declaration = new TenancyDeclaration("tenancy.psd1", null, null, [], [new DeclaredSharedTable("country", 1, false)]);
        var declared = await DeclarationPlanner.ResolveAsync(world.Here.Database, declaration, TestContext.Current.CancellationToken);
        var plan = await MigrationPlanner.PlanAsync(world.Here.Database, declared, null, null, false, TestContext.Current.CancellationToken);

        MigrationWriter.Draft(new MigrationRequest("add", Format, world.Folder), plan, DateTimeOffset.UtcNow).Write();
        await MigrationWorld.Tool(Format).UpAsync(world.Folder, world.There.Test.AdminConnectionString);
        await world.Here.InitializeAsync(TenantIdType.Text);
        var shared = await SharedTablePlanner.GrantAsync(world.Here.Database, await world.Here.FindAsync("country"), false, false, TestContext.Current.CancellationToken);
        await PlanRunner.RunAsync(world.Here.Database, shared, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(await CatalogSnapshot.TakeAsync(world.Here.Test), (await CatalogSnapshot.TakeAsync(world.There.Test)).Where(l => !l.Contains("schema_migrations", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Rows_that_are_there_alone_get_the_tenant_who_is_registered_there()
    {
        await using var world = await MigrationWorld.CreateAsync("create table todo_item (id int primary key)");
        await world.Here.InitializeAsync(TenantIdType.Text);
        await world.There.InitializeAsync(TenantIdType.Text);
        await world.Here.RegisterAsync("acme");
        await world.There.RunAsync("insert into todo_item values (1), (2)");

        await UpAsync(world, new EnableRequest(DefaultTenant: "acme"), "todo_item");

        Assert.Equal(["1", "2"], await world.There.AsTenantAsync("acme", "select id from todo_item order by 1"));
    }

    [Fact]
    public async Task Each_row_becomes_whose_the_expression_says_and_one_for_which_it_says_nothing_stops_it_before_anything_is_enforced()
    {
        await using var world = await MigrationWorld.CreateAsync("create table account (id int primary key, tenant_name text); create table todo_item (id int primary key, account_id int)");
        await world.There.RunAsync("insert into account values (1, 'acme'), (2, 'globex'); insert into todo_item values (1, 1), (2, 2), (3, 9)");
        var request = new EnableRequest { Backfill = "select a.tenant_name from account a where a.id = t.account_id" };

        var failure = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => UpAsync(world, request, "todo_item"));
        var isEnforced = await world.There.ValueAsync<bool>("select relrowsecurity from pg_class where relname = 'todo_item'");
        await world.There.RunAsync("delete from todo_item where id = 3");
        await MigrationWorld.Tool(Format).UpAsync(world.Folder, world.There.Test.AdminConnectionString);
        await world.There.Database.ForgetInstallationAsync();
        await world.There.RegisterAsync("acme", "globex");

        Assert.Equal(RowCheck.SqlState, failure.SqlState);
        Assert.Contains("1 row of public.todo_item", failure.MessageText, StringComparison.Ordinal);
        Assert.False(isEnforced);
        Assert.Equal(["1"], await world.There.AsTenantAsync("acme", "select id from todo_item"));
        Assert.Equal(["2"], await world.There.AsTenantAsync("globex", "select id from todo_item"));
    }

    [Fact]
    public async Task A_database_that_was_initialised_there_keeps_what_it_had_on_the_way_back()
    {
        await using var world = await MigrationWorld.CreateAsync("create table todo_item (id int primary key)");
        await world.There.InitializeAsync(TenantIdType.Text);
        await world.There.RegisterAsync("globex");
        var before = await CatalogSnapshot.TakeAsync(world.There.Test);

        await UpAsync(world, new EnableRequest(), "todo_item");
        await MigrationWorld.Tool(Format).DownAsync(world.Folder, world.There.Test.AdminConnectionString);

        Assert.Equal(before, (await CatalogSnapshot.TakeAsync(world.There.Test)).Where(l => !l.Contains("schema_migrations", StringComparison.Ordinal)));
        Assert.Equal("globex", await world.There.ValueAsync<string>("select id from tenants.tenant"));
    }

    [Fact]
    public async Task Of_two_folders_with_a_migration_of_the_same_name_only_the_one_that_made_the_database_ready_takes_that_back()
    {
        await using var world = await MigrationWorld.CreateAsync("create table todo_item (id int primary key); create table note (id int primary key)");
        var tool = MigrationWorld.Tool(Format);
        var before = await CatalogSnapshot.TakeAsync(world.There.Test);
        await UpAsync(world, new EnableRequest(), "todo_item");
        var first = await CatalogSnapshot.TakeAsync(world.There.Test);
        using var other = new TemporaryMigrations();
        other.Add("2_first.up.sql", "select 1");
        other.Add("2_first.down.sql", "select 1");
        var plan = await MigrationPlanner.PlanAsync(world.Here.Database, [await world.Here.FindAsync("note")], new EnableRequest(), TestContext.Current.CancellationToken);
        MigrationWriter.Draft(new MigrationRequest("add_tenancy", Format, other.Path), plan, DateTimeOffset.UtcNow).Write();
        await tool.UpAsync(other.Path, world.There.Test.AdminConnectionString);

        await tool.DownAsync(other.Path, world.There.Test.AdminConnectionString);
        var second = await CatalogSnapshot.TakeAsync(world.There.Test);
        await tool.DownAsync(world.Folder, world.There.Test.AdminConnectionString);

        Assert.Equal(first, second);
        Assert.Equal(before, (await CatalogSnapshot.TakeAsync(world.There.Test)).Where(l => !l.Contains("schema_migrations", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_was_written_against_a_database_that_is_ready_makes_ready_one_that_is_not()
    {
        await using var world = await MigrationWorld.CreateAsync("create table todo_item (id int primary key)");
        await world.Here.InitializeAsync(TenantIdType.Uuid);
        var before = await CatalogSnapshot.TakeAsync(world.There.Test);

        await UpAsync(world, new EnableRequest(), "todo_item");
        var differences = await RlsComparer.CompareAsync(world.There.Database, cancellationToken: TestContext.Current.CancellationToken);
        await MigrationWorld.Tool(Format).DownAsync(world.Folder, world.There.Test.AdminConnectionString);

        Assert.DoesNotContain(differences, d => d.Table != "public.schema_migrations");
        Assert.Equal(before, (await CatalogSnapshot.TakeAsync(world.There.Test)).Where(l => !l.Contains("schema_migrations", StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(UpAndDownTests.Formats), MemberType = typeof(UpAndDownTests))]
    public async Task A_folder_whose_earlier_migration_makes_the_database_ready_does_not_get_that_twice(TenantMigrationFormat format)
    {
        await using var world = await MigrationWorld.CreateAsync("create table todo_item (id int primary key); create table note (id int primary key)");
        var tool = MigrationWorld.Tool(format);
        tool.Begin(world.Folder);
        var first = await world.WriteAsync(format, new EnableRequest(), "todo_item");
        await world.Here.EnableAsync("todo_item");

        var draft = await world.DraftAsync(format, new EnableRequest(), ["note"], "add_note");
        draft.Write();

        Assert.Contains(first, f => f.Text.Contains("create role %I nologin", StringComparison.Ordinal));
        Assert.DoesNotContain(draft.Files, f => f.Text.Contains("create role %I nologin", StringComparison.Ordinal));
        await tool.UpAsync(world.Folder, world.There.Test.AdminConnectionString);
        Assert.Equal(2, await world.There.ValueAsync<long>("select count(*) from pg_class where relforcerowsecurity and relname in ('note', 'todo_item')"));
    }

    [Fact]
    public async Task Where_the_earlier_migration_that_makes_a_database_ready_did_not_run_it_is_told_so()
    {
        await using var world = await MigrationWorld.CreateAsync("create table todo_item (id int primary key); create table note (id int primary key)");
        var first = await world.WriteAsync(Format, new EnableRequest(), "todo_item");
        await world.Here.EnableAsync("todo_item");
        (await world.DraftAsync(Format, new EnableRequest(), ["note"], "add_note")).Write();
        foreach (var file in first)
        {
            File.Delete(file.Path);
        }

        var failure = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => MigrationWorld.Tool(Format).UpAsync(world.Folder, world.There.Test.AdminConnectionString));

        Assert.Contains("not ready for tenants", failure.MessageText, StringComparison.Ordinal);
        Assert.Contains("Initialize-TenantDatabase -TenantType Text", failure.Hint, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tenants_of_another_type_there_are_refused()
    {
        await using var world = await MigrationWorld.CreateAsync("create table todo_item (id int primary key)");
        await world.There.InitializeAsync(TenantIdType.Uuid);

        var failure = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => UpAsync(world, new EnableRequest(), "todo_item"));

        Assert.Contains("of type uuid", failure.MessageText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_table_s_owner_there_goes_on_seeing_all_rows()
    {
        await using var world = await MigrationWorld.CreateAsync("create table todo_item (id int primary key)");
        var (owner, connectionString) = await world.There.Test.CreateLoginAsync("owner");
        await TestDatabase.ExecuteAsync(world.There.Test.Superuser, $"grant {owner} to {world.There.Test.AdminLogin}; alter table todo_item owner to {owner}; grant create, usage on schema public to {owner}; insert into todo_item values (1)");

        await UpAsync(world, new EnableRequest(DefaultTenant: "acme"), "todo_item");

        Assert.Equal(1, await TestDatabase.ScalarAsync<long>(world.There.Test.CreateSource(connectionString), "select count(*) from todo_item"));
    }

    [Fact]
    public async Task A_partition_that_only_that_database_has_gets_no_index_while_its_writers_wait()
    {
        await using var world = await MigrationWorld.CreateAsync("""
            create table event (id int, at date not null) partition by range (at);
            create table event_1 partition of event for values from ('2025-01-01') to ('2026-01-01');
            """);
        await world.There.RunAsync("""
            create table "Event 2" partition of event for values from ('2026-01-01') to ('2027-01-01');
            create table event_3 partition of event for values from ('2027-01-01') to ('2028-01-01') partition by range (at);
            create table event_3a partition of event_3 for values from ('2027-01-01') to ('2027-07-01');
            create table event_3b partition of event_3 for values from ('2027-07-01') to ('2028-01-01');
            insert into event values (1, '2025-02-03'), (2, '2026-02-03'), (3, '2027-02-03')
            """);

        var failure = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => UpAsync(world, new EnableRequest { Backfill = "'tenant_' || t.id" }, "event"));
        var isBuilt = await world.There.ValueAsync<bool>("select exists (select from pg_index i where i.indrelid in ('event'::regclass, '\"Event 2\"'::regclass))");
        var advice = failure.Hint!.Split(": ", 2)[1].Split("; ");
        foreach (var statement in advice)
        {
            await world.There.RunAsync(statement);
        }

        await MigrationWorld.Tool(Format).UpAsync(world.Folder, world.There.Test.AdminConnectionString);

        Assert.Contains("these get their index: public.\"Event 2\", public.event_3a", failure.MessageText, StringComparison.Ordinal);
        Assert.False(isBuilt);
        Assert.Equal(4, advice.Length);
        await world.There.Database.ForgetInstallationAsync();
        await world.There.RegisterAsync("tenant_2");
        Assert.Equal(["2"], await world.There.AsTenantAsync("tenant_2", "select id from event"));
        Assert.Equal(0, await world.There.ValueAsync<long>("select count(*) from pg_index where not indisvalid"));
        Assert.Equal(4, await world.There.ValueAsync<long>("select count(*) from pg_index i join pg_class c on c.oid = i.indrelid where c.relname ~* '^event.[123]' and c.relkind = 'r'"));
    }

    [Fact]
    public async Task What_looks_at_rows_while_others_wait_has_two_seconds_for_all_of_it()
    {
        await using var world = await MigrationWorld.CreateAsync("create table todo_item (id int primary key); insert into todo_item values (1)");
        var files = await world.WriteAsync(Format, new EnableRequest { Backfill = "case when t.id = 2 then (select 'acme' from pg_sleep(1.2)) else 'acme' end" }, "todo_item");
        MigrationWorld.Tool(Format).Begin(world.Folder);
        var late = files.Select(f => f.Path).SkipWhile(p => !p.EndsWith("_check.up.sql", StringComparison.Ordinal)).ToList();
        foreach (var path in late)
        {
            File.Move(path, path + ".later");
        }

        await MigrationWorld.Tool(Format).UpAsync(world.Folder, world.There.Test.AdminConnectionString);
        await world.There.RunAsync("alter table todo_item disable trigger user; insert into todo_item (id, tenant) values (2, null); alter table todo_item enable trigger user");
        foreach (var path in late)
        {
            File.Move(path + ".later", path);
        }

        // It is evaluated twice, in less than two seconds each.
        var failure = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => MigrationWorld.Tool(Format).UpAsync(world.Folder, world.There.Test.AdminConnectionString));

        Assert.NotEmpty(late);
        Assert.Equal(Npgsql.PostgresErrorCodes.QueryCanceled, failure.SqlState);
        Assert.Equal(0, await world.There.ValueAsync<long>("select count(*) from pg_constraint where conrelid = 'todo_item'::regclass and contype = 'c'"));
        await world.There.RunAsync("update todo_item set tenant = 'acme' where id = 2");
        await MigrationWorld.Tool(Format).UpAsync(world.Folder, world.There.Test.AdminConnectionString);
        Assert.True(await world.There.ValueAsync<bool>("select relforcerowsecurity from pg_class where oid = 'todo_item'::regclass"));
    }

    [Fact]
    public async Task Where_nothing_is_missing_there_is_no_file()
    {
        await using var world = await MigrationWorld.CreateAsync("create table todo_item (id int primary key)");
        await world.Here.EnableAsync("todo_item");

        Assert.True((await world.DraftAsync(Format, new EnableRequest(), ["todo_item"])).IsEmpty);
    }

    [Fact]
    public async Task Only_what_is_missing_is_written()
    {
        await using var world = await MigrationWorld.CreateAsync("create table todo_item (id int primary key)");
        await world.Here.EnableAsync("todo_item");
        await world.Here.RunAsync("alter table todo_item no force row level security");

        var files = await world.WriteAsync(TenantMigrationFormat.Dbmate, new EnableRequest(), "todo_item");

        // What is in a block skips itself where it was done; what changes the table stands by itself.
        var text = Assert.Single(files).Text;
        var statements = StatementSplitter.Split(text[..text.IndexOf("-- migrate:down", StringComparison.Ordinal)]).Select(s => s.Text).Where(s => !Regex.IsMatch(s, "^(--.*\n|\\s)*(do|set local) "));
        Assert.EndsWith("alter table \"public\".\"todo_item\" force row level security", Assert.Single(statements), StringComparison.Ordinal);
    }

    private static async Task UpAsync(MigrationWorld world, EnableRequest request, params string[] tables)
    {
        var tool = MigrationWorld.Tool(Format);
        tool.Begin(world.Folder);
        await world.WriteAsync(Format, request, tables);
        await tool.UpAsync(world.Folder, world.There.Test.AdminConnectionString);
    }
}
