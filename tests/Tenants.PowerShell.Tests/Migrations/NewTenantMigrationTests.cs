using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Migrations;

public sealed class NewTenantMigrationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tenants-migrations-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Files_are_written_and_given_and_WhatIf_only_names_them()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create table todo_item (id int primary key); insert into todo_item values (1)");
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);

        var shown = shell.Run("New-TenantMigration 'add tenancy' Dbmate -Path $args[0] -Table todo_item -DefaultTenant acme -WhatIf", _folder).EnsureSuccess();
        var none = Directory.GetFiles(_folder);
        var written = shell.Run("'todo_item' | New-TenantMigration -Name 'add tenancy' -Format Dbmate -Path $args[0] -Backfill { 'acme'::text }", _folder).EnsureSuccess();
        var again = shell.Run("New-TenantMigration 'add tenancy' Dbmate -Path $args[0] -Table todo_item -DefaultTenant acme", _folder);

        Assert.Empty(none);
        Assert.Empty(shown.Output);
        Assert.Contains("add_tenancy_01_column.sql", shown.Host, StringComparison.Ordinal);
        var files = written.Output.Select(o => (FileInfo)o.BaseObject).ToList();
        Assert.Equal(Directory.GetFiles(_folder).Order(), files.Select(f => f.FullName).Order());
        Assert.True(files.Count > 3);
        Assert.All(written.Output, o => Assert.EndsWith(_folder, (string)o.Properties["PSParentPath"].Value, StringComparison.Ordinal));
        Assert.Equal("MigrationExists", again.ErrorId);
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from pg_policy"));
    }

    [Fact]
    public async Task Where_nothing_is_missing_it_says_so_and_a_table_that_is_not_there_leaves_no_file()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create table todo_item (id int primary key)");
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        shell.Run("Enable-TenantRls todo_item").EnsureSuccess();

        var nothing = shell.Run("New-TenantMigration add Sql -Path $args[0] -Table *", _folder).EnsureSuccess();
        var missing = shell.Run("New-TenantMigration add Sql -Path $args[0] -Table todo_item, nowhere", _folder);
        var folder = shell.Run("New-TenantMigration add Sql -Path (Join-Path $args[0] 'nowhere') -Table todo_item".Replace("(Join-Path $args[0] 'nowhere')", "\"$($args[0])/nowhere\"", StringComparison.Ordinal), _folder);
        var name = shell.Run("New-TenantMigration '../add' Sql -Path $args[0] -Table todo_item", _folder);

        var wildcard = shell.Run("New-TenantMigration add Sql -Path $args[0] -Table 'zz*'", _folder).EnsureSuccess();
        Assert.Contains("'zz*'", Assert.Single(wildcard.Warnings), StringComparison.Ordinal);
        Assert.Contains(nothing.Information, i => i.Contains("Nothing is missing", StringComparison.Ordinal));
        Assert.Equal(("TableNotFound", "MigrationFolderNotFound", "InvalidMigrationName"), (missing.ErrorId, folder.ErrorId, name.ErrorId));
        Assert.Empty(Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task What_a_declaration_says_of_a_table_goes_before_what_gives_rows_their_tenant()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create table todo_item (id int); create table note (id int); insert into todo_item values (1); insert into note values (1)");
        var declaration = Path.Combine(_folder, "tenancy.psd1");
        await File.WriteAllTextAsync(declaration, "@{ Tables = @(@{ Table = 'todo_item'; DefaultTenant = 'acme' }, 'note') }");
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);

        shell.Run("New-TenantMigration add Sql -Path $args[0] -Declaration $args[1] -Backfill { 'tenant_' || t.id }", _folder, declaration).EnsureSuccess();

        var text = string.Concat(Directory.GetFiles(_folder, "*.up.sql").Order(StringComparer.Ordinal).Select(File.ReadAllText));
        Assert.Matches(@"update only ""public""\.""todo_item"" as t set ""tenant"" = 'acme'", text);
        Assert.DoesNotMatch(@"update only ""public""\.""todo_item"" as t set ""tenant"" = .*tenant_", text);
        Assert.Matches(@"update only ""public""\.""note"" as t set ""tenant"" = .*tenant_", text);
    }

    [Fact]
    public async Task Beside_a_rollout_that_is_under_way_only_its_rest_is_written_and_that_is_said()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create table todo_item (id int); insert into todo_item values (1); create table note (id int); insert into note values (1)");
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        shell.Run("$null = Enable-TenantRls todo_item -Online -Phase Prepare -DefaultTenant acme").EnsureSuccess();

        var result = shell.Run("New-TenantMigration add Sql -Path $args[0] -Table todo_item, note -DefaultTenant acme -WhatIf", _folder).EnsureSuccess();

        Assert.StartsWith("A rollout of public.todo_item ", Assert.Single(result.Warnings, w => w.Contains("is under way", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_is_no_admin_is_told_so()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create table todo_item (id int)");
        using var admin = ModuleRunner.Connect(database.AdminConnectionString);
        admin.Run("Enable-TenantRls todo_item").EnsureSuccess();
        var (_, connectionString) = await database.CreateLoginAsync("other");
        using var shell = ModuleRunner.Connect(connectionString);

        var failure = shell.Run("New-TenantMigration add Sql -Path $args[0] -Table todo_item", _folder);

        Assert.Equal("PermissionDenied", failure.ErrorId);
        Assert.Contains("is no admin of the tenants", failure.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_declaration_says_what_is_written_and_one_of_a_missing_table_writes_nothing()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create table todo_item (id int primary key, done bool); create table country (code text)");
        var declaration = Path.Combine(_folder, "tenancy.psd1");
        var tables = Directory.CreateDirectory(Path.Combine(_folder, "db")).FullName;
        await File.WriteAllTextAsync(declaration, """
            @{
                SharedTables = @(@{ Table = 'country' })
                Tables = @(
                    @{ Table = 'todo_item'; Policies = @(@{ Name = 'open_only'; Kind = 'Restrictive'; Using = 'not done' }) }
                )
            }
            """);
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);

        var written = shell.Run("New-TenantMigration add GolangMigrate -Path $args[0] -Declaration $args[1]", tables, declaration).EnsureSuccess();
        foreach (var file in written.Output.Select(o => ((FileInfo)o.BaseObject).FullName).Where(f => f.EndsWith(".up.sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            await database.ExecuteAsync(await File.ReadAllTextAsync(file));
        }

        // Connected anew, for what lies in the database was not made by this session.
        using var other = ModuleRunner.Connect(database.AdminConnectionString);
        var nothing = other.Run("New-TenantMigration more GolangMigrate -Path $args[0] -Declaration $args[1]", tables, declaration).EnsureSuccess();
        await File.WriteAllTextAsync(declaration, "@{ Tables = @(@{ Table = 'nowhere' }) }");
        var missing = other.Run("New-TenantMigration more GolangMigrate -Path $args[0] -Declaration $args[1]", tables, declaration);

        Assert.Equal("open_only, tenants_admin, tenants_isolation", await database.ScalarAsync<string>("select string_agg(polname, ', ' order by polname) from pg_policy"));
        Assert.Equal(1, await database.ScalarAsync<long>("select count(*) from tenants.shared_table"));
        Assert.Contains(nothing.Information, i => i.Contains("Nothing is missing", StringComparison.Ordinal));
        Assert.Equal("TableNotFound", missing.ErrorId);
        Assert.Equal(written.Output.Count, Directory.GetFiles(tables).Length);
    }
}
