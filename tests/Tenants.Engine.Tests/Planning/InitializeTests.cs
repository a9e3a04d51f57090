using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;
using Tenants.Engine.Sql;
using Tenants.Engine.Tenants;
using Tenants.Engine.Tests.Support;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Planning;

public class InitializeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(TenantIdType.Text)]
    [InlineData(TenantIdType.Integer)]
    [InlineData(TenantIdType.Bigint)]
    [InlineData(TenantIdType.Uuid)]
    public async Task A_database_is_initialised_once(TenantIdType type)
    {
        await using var test = await TestDatabase.CreateAsync();
        await using var database = await OpenAsync(test.AdminConnectionString);
        await RunAsync(database, type);
        var installation = await database.GetInstallationAsync(Token);
        Assert.Equal((type, Installation.CurrentVersion, "tenants"), (installation.TenantType, installation.Version, installation.Schema));
        Assert.True((await InitializePlanner.PlanAsync(database, type, cancellationToken: Token)).Plan.IsEmpty);
        var other = type == TenantIdType.Text ? TenantIdType.Uuid : TenantIdType.Text;
        Assert.Equal("TenantTypeMismatch", (await Assert.ThrowsAsync<TenantException>(() => InitializePlanner.PlanAsync(database, other, cancellationToken: Token))).ErrorId);
    }

    [Fact]
    public async Task A_plan_that_was_only_made_changed_nothing()
    {
        await using var test = await TestDatabase.CreateAsync();
        await using var database = await OpenAsync(test.AdminConnectionString);
        var (plan, _) = await InitializePlanner.PlanAsync(database, null, cancellationToken: Token);
        Assert.False(plan.IsEmpty);
        Assert.Null(await database.FindInstallationAsync(Token));
        Assert.Equal(0, await RolesAsync(test));

        // What -WhatIf prints is what psql can run.
        await TestDatabase.ExecuteAsync(test.Admin, PlanRunner.ToScript(plan));
        Assert.NotNull(await database.FindInstallationAsync(Token));
    }

    [Fact]
    public async Task A_superuser_initialises_too()
    {
        await using var test = await TestDatabase.CreateAsync();
        await using var database = await OpenAsync(test.SuperuserConnectionString);
        await RunAsync(database);
        await TenantRegistry.OpenAsync(database, Token);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Who_may_not_create_roles_goes_on_after_the_DBAs_script(bool mayCreateSchemas)
    {
        await using var test = await TestDatabase.CreateAsync(createRole: false);
        if (!mayCreateSchemas)
        {
            await test.Server.ExecuteAsync($"alter database {test.Name} owner to current_user");
        }

        await using var database = await OpenAsync(test.AdminConnectionString);
        var error = await Assert.ThrowsAsync<TenantException>(() => InitializePlanner.PlanAsync(database, null, cancellationToken: Token));
        Assert.Equal("PermissionDenied", error.ErrorId);
        Assert.Equal(!mayCreateSchemas, error.Message.Contains("grant create on database", StringComparison.Ordinal));

        await TestDatabase.ExecuteAsync(test.Superuser, error.Message[error.Message.IndexOf("create role", StringComparison.Ordinal)..]);
        await RunAsync(database);
        var registry = await TenantRegistry.OpenAsync(database, Token);
        Assert.Single((await registry.CreateAsync([(registry.Parse("acme"), null)], adopt: false, Token)).Created);
    }

    [Fact]
    public async Task A_login_that_does_not_inherit_is_told_before_16_and_works_since()
    {
        await using var test = await TestDatabase.CreateAsync();
        await test.Server.ExecuteAsync($"alter role {test.AdminLogin} noinherit");
        await using var database = await OpenAsync(test.AdminConnectionString);
        if (database.ServerVersion.Major >= 16)
        {
            await RunAsync(database);
            await TenantRegistry.OpenAsync(database, Token);
            return;
        }

        var error = await Assert.ThrowsAsync<TenantException>(() => InitializePlanner.PlanAsync(database, null, cancellationToken: Token));
        Assert.Contains($"alter role \"{test.AdminLogin}\" inherit", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Roles_of_that_name_that_others_use_are_left_alone()
    {
        await using var test = await TestDatabase.CreateAsync();
        var (stranger, _) = await test.CreateLoginAsync("stranger");
        await test.Server.ExecuteAsync($"create role tenants_admin_{test.Name}; grant tenants_admin_{test.Name} to {stranger}");
        await using var database = await OpenAsync(test.AdminConnectionString);
        await RunAsync(database);
        var installation = await database.GetInstallationAsync(Token);
        Assert.NotEqual($"tenants_admin_{test.Name}", installation.AdminRole);
        Assert.False(await TestDatabase.ScalarAsync<bool>(test.Superuser, "select pg_has_role($1, $2, 'member')", stranger, installation.AdminRole));
    }

    [Fact]
    public async Task A_schema_of_somebody_else_is_left_alone()
    {
        await using var test = await TestDatabase.CreateAsync();
        await test.ExecuteAsync("create schema tenants");
        await using var database = await OpenAsync(test.AdminConnectionString);
        Assert.Equal("SchemaNotOurs", (await Assert.ThrowsAsync<TenantException>(() => InitializePlanner.PlanAsync(database, null, cancellationToken: Token))).ErrorId);
        await RunAsync(database, schema: "odd \"schema\"");
        Assert.Equal("odd \"schema\"", (await database.GetInstallationAsync(Token)).Schema);
    }

    [Fact]
    public async Task A_database_with_a_long_odd_name_is_initialised()
    {
        await using var test = await TestDatabase.CreateAsync();
        var name = test.Name + " Ünï \"日本\" " + new string('x', 30);
        await test.Server.ExecuteAsync($"create database {Quote.Identifier(name)} owner {test.AdminLogin}");
        try
        {
            await using var database = await OpenAsync(new NpgsqlConnectionStringBuilder(test.AdminConnectionString) { Database = name }.ConnectionString);
            await RunAsync(database);
            await TenantRegistry.OpenAsync(database, Token);
        }
        finally
        {
            await test.Server.ExecuteAsync($"drop database {Quote.Identifier(name)} with (force)");
        }
    }

    [Fact]
    public async Task A_schema_that_only_says_it_is_ours_is_not()
    {
        await using var test = await TestDatabase.CreateAsync();
        await test.ExecuteAsync($"create schema fake; comment on schema fake is '{InstallationReader.Mark}'; create table fake.setting (name text, value text)");
        await using var database = await OpenAsync(test.AdminConnectionString);
        Assert.Null(await database.FindInstallationAsync(Token));
    }

    [Fact]
    public async Task A_later_version_is_an_error()
    {
        await using var world = await TenantWorld.CreateAsync();
        Assert.True((await UpdatePlanner.PlanAsync(world.Database, Token)).IsEmpty);
        await world.AdminAsync($"update {world.Installation.QuotedSchema}.setting set value = '{Installation.CurrentVersion + 1}' where name = 'version'");
        Assert.Equal("DatabaseTooNew", (await Assert.ThrowsAsync<TenantException>(() => UpdatePlanner.PlanAsync(world.Database, Token))).ErrorId);
    }

    [Fact]
    public async Task The_first_version_is_brought_up_to_date_with_its_tenants_and_bound_logins()
    {
        await using var world = await TenantWorld.CreateAsync();
        var installation = world.Installation;
        var first = (await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Planning", "stamp-1.sql"), Token))
            .Replace("{schema}", installation.QuotedSchema, StringComparison.Ordinal)
            .Replace("{admin}", $"\"{installation.AdminRole}\"", StringComparison.Ordinal);
        var settings = await TestDatabase.ColumnAsync<string>(world.Test.Admin, $"select pg_catalog.format('(%L, %L)', name, case name when 'version' then '1' else value end) from {installation.QuotedSchema}.setting");
        await world.SuperuserAsync($"""
            do $$ declare t name; begin
                for t in select relname from pg_class where relnamespace = '{installation.Schema}'::regnamespace and relkind = 'r' loop
                    execute format('drop table {installation.QuotedSchema}.%I cascade', t);
                end loop;
                for t in select p.oid::regprocedure::text from pg_proc p where pronamespace = '{installation.Schema}'::regnamespace loop
                    execute 'drop function ' || t;
                end loop;
            end $$;
            set role "{installation.OwnerRole}";
            {first};
            insert into {installation.QuotedSchema}.setting (name, value) values {string.Join(", ", settings)};
            insert into {installation.QuotedSchema}.tenant (id) values ('acme');
            reset role;
            """);
        var (login, _) = await world.Test.CreateLoginAsync("old");
        await world.SuperuserAsync($"insert into {installation.QuotedSchema}.login (oid, name, tenant) select oid, rolname, 'acme' from pg_roles where rolname = '{login}'");
        await world.Database.ForgetInstallationAsync();
        Assert.Equal("DatabaseOutdated", (await Assert.ThrowsAsync<TenantException>(() => world.Database.GetIsolationAsync(Token).AsTask())).ErrorId);

        await PlanRunner.RunAsync(world.Database, await UpdatePlanner.PlanAsync(world.Database, Token), cancellationToken: Token);

        Assert.Equal(Installation.CurrentVersion, (await world.Database.GetInstallationAsync(Token)).Version);
        Assert.Equal("bound", await world.AdminValueAsync<string>($"select kind from {installation.QuotedSchema}.login where name = '{login}'"));
        Assert.Equal(["acme"], await world.TenantAsync<string>("acme", $"select {installation.CurrentTenantCall}"));
    }

    [Fact]
    public async Task Uninstalling_leaves_nothing()
    {
        await using var world = await TenantWorld.CreateAsync();
        await world.CreateTodoAsync(", id bigserial");
        await world.EnableAsync();
        await world.AdminAsync($"""
            alter table todo_item alter column tenant set default current_setting('tenants.tenant', true);
            grant usage on sequence todo_item_id_seq to "{world.Installation.SessionRole}";
            create policy more on todo_item using (tenant <> 'x' and {world.Installation.CurrentTenantCall} is not null);
            """);
        Assert.Equal("TablesEnabled", (await Assert.ThrowsAsync<TenantException>(() => UninstallPlanner.PlanAsync(world.Database, disableTables: false, Token))).ErrorId);

        await PlanRunner.RunAsync(world.Database, await UninstallPlanner.PlanAsync(world.Database, disableTables: true, Token), cancellationToken: Token);
        Assert.Null(await world.Database.FindInstallationAsync(Token));
        Assert.Equal(0, await RolesAsync(world.Test));
        Assert.Equal(0, await world.AdminValueAsync<long>("select count(*) from pg_policy"));
        Assert.Equal(0, await world.AdminValueAsync<long>("select count(*) from pg_class where relrowsecurity or relforcerowsecurity"));
        Assert.Equal(0, await world.AdminValueAsync<long>("select count(*) from pg_attrdef where pg_get_expr(adbin, adrelid) like '%tenants%'"));
        Assert.Equal(2, await world.AdminValueAsync<long>("select count(*) from todo_item"));
        Assert.True((await UninstallPlanner.PlanAsync(world.Database, disableTables: false, Token)).IsEmpty);

        // And the way there is open again.
        await RunAsync(world.Database);
    }

    [Fact]
    public async Task What_somebody_else_built_on_it_stops_the_uninstalling()
    {
        await using var world = await TenantWorld.CreateAsync();
        await world.AdminAsync($"create view mine as select {world.Installation.CurrentTenantCall} as tenant");
        var plan = await UninstallPlanner.PlanAsync(world.Database, disableTables: true, Token);
        Assert.Equal("2BP01", (await Assert.ThrowsAsync<TenantException>(() => PlanRunner.RunAsync(world.Database, plan, cancellationToken: Token))).SqlState);
        await TenantRegistry.OpenAsync(world.Database, Token);
    }

    [Fact]
    public async Task Roles_that_a_DBA_made_are_left_to_the_DBA()
    {
        await using var test = await TestDatabase.CreateAsync(createRole: false);
        await using var database = await OpenAsync(test.AdminConnectionString);
        var error = await Assert.ThrowsAsync<TenantException>(() => InitializePlanner.PlanAsync(database, null, cancellationToken: Token));
        await TestDatabase.ExecuteAsync(test.Superuser, error.Message[error.Message.IndexOf("create role", StringComparison.Ordinal)..]);
        await RunAsync(database);
        var plan = await UninstallPlanner.PlanAsync(database, disableTables: false, Token);
        await PlanRunner.RunAsync(database, plan, cancellationToken: Token);
        var warning = Assert.Single(plan.Warnings);
        await TestDatabase.ExecuteAsync(test.Superuser, warning[warning.IndexOf("drop role", StringComparison.Ordinal)..]);
        Assert.Equal(0, await RolesAsync(test));
    }

    [Fact]
    public async Task Two_that_initialise_at_once_meet_a_race_that_is_known_as_one()
    {
        await using var test = await TestDatabase.CreateAsync();
        await using var one = await OpenAsync(test.AdminConnectionString);
        await using var two = await OpenAsync(test.AdminConnectionString);
        var (plan, _) = await InitializePlanner.PlanAsync(two, null, cancellationToken: Token);
        await RunAsync(one);
        var error = await Assert.ThrowsAsync<TenantException>(() => PlanRunner.RunAsync(two, plan, cancellationToken: Token));
        Assert.True(InitializePlanner.IsRace(error), error.ToString());
        Assert.True((await InitializePlanner.PlanAsync(two, null, cancellationToken: Token)).Plan.IsEmpty);
    }

    private static Task<TenantDatabase> OpenAsync(string connectionString) => TenantDatabase.OpenAsync(new ConnectionSettings(connectionString), Token);

    private static async Task RunAsync(TenantDatabase database, TenantIdType? type = null, string schema = "tenants") =>
        await PlanRunner.RunAsync(database, (await InitializePlanner.PlanAsync(database, type, schema, Token)).Plan, cancellationToken: Token);

    private static Task<long> RolesAsync(TestDatabase test) =>
        TestDatabase.ScalarAsync<long>(test.Superuser, "select count(*) from pg_roles where rolname like 'tenants\\_%' and position($1 in rolname) > 0", test.Name);
}
