using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Declarations;

public sealed class DeclarationCommandTests : IDisposable
{
    private const string Schema = """
        create table todo_item (id int, title text);
        create table order_line (id int, tenant_id varchar(30));
        create table country (code text);
        create table plan (id serial)
        """;

    private const string Declaration = """
        @{
            TenantType   = 'text'
            Tables       = @(
                'todo_item'
                @{ Table = 'order*'; Column = 'tenant_id'; Rights = 'select', 'insert'
                   Policies = @( @{ Name = 'positive'; Using = 'id > 0' } ) }
            )
            SharedTables = @( 'country', @{ Table = 'plan'; Writable = $true } )
        }
        """;

    private readonly DeclarationFolder _folder = new();

    [Fact]
    public async Task Enabling_makes_all_that_is_declared_and_the_second_time_nothing()
    {
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        var file = _folder.Write(Declaration);

        var first = shell.Run("Enable-TenantRls -Declaration $args[0]", file).EnsureSuccess();
        var again = shell.Run("Enable-TenantRls -Declaration $args[0]", file).EnsureSuccess();

        Assert.Equal([("public.todo_item", TenantRlsState.On), ("public.order_line", TenantRlsState.On)], first.Output.Select(o => (TenantRls)o.BaseObject).Select(r => (r.Table, r.State)));
        Assert.All(again.Output, o => Assert.Empty(((TenantRls)o.BaseObject).Done));
        Assert.Empty(again.Warnings);
        Assert.Contains("positive", ((TenantRls)first.Output[1].BaseObject).Policies);
        Assert.Equal(["country f", "plan t"], await TestDatabase.ColumnAsync<string>(database.Admin, "select oid::regclass::text || ' ' || writable::text::char from tenants.shared_table order by 1"));
        Assert.Equal("INSERT,SELECT", await database.ScalarAsync<string>("select string_agg(privilege_type, ',' order by privilege_type) from pg_class c, aclexplode(c.relacl) a join pg_roles r on r.oid = a.grantee where c.relname = 'order_line' and r.rolname like 'tenants\\_session%'"));
    }

    [Fact]
    public async Task WhatIf_shows_the_statements_that_a_run_executes_and_changes_nothing()
    {
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        var file = _folder.Write(Declaration);

        var shown = shell.Run("Enable-TenantRls -Declaration $args[0] -WhatIf", file).EnsureSuccess();
        var made = await database.ScalarAsync<long>("select count(*) from pg_namespace where nspname = 'tenants'");
        var run = shell.Run("Enable-TenantRls -Declaration $args[0] -Verbose", file).EnsureSuccess();

        Assert.Equal(0, made);
        var script = shown.Host;
        var executed = run.Verbose.Where(v => v.Contains("; -- ", StringComparison.Ordinal)).Select(v => v[..v.LastIndexOf("; -- ", StringComparison.Ordinal)]).ToList();
        Assert.True(executed.Count > 20);
        foreach (var statement in executed)
        {
            var at = script.IndexOf(statement, StringComparison.Ordinal);
            Assert.True(at >= 0, $"not shown, or not in this order: {statement}");
            script = script[(at + statement.Length)..];
        }
    }

    [Fact]
    public async Task A_table_that_is_not_there_is_named_before_anything_is_changed()
    {
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        var file = _folder.Write("@{ Tables = @(\n'todo_item'\n'todo_itm' ) }");

        var enabling = shell.Run("Enable-TenantRls -Declaration $args[0]", file);
        var reading = shell.Run("Get-TenantRls -Declaration $args[0]", file);

        Assert.Equal("TableNotFound", enabling.ErrorId);
        Assert.Contains("line 3", enabling.ErrorMessage, StringComparison.Ordinal);
        Assert.Empty(enabling.Output);
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from pg_policy"));
        Assert.Equal("TableNotFound", reading.ErrorId);
        Assert.Single(reading.Output);
    }

    [Fact]
    public async Task A_policy_beside_the_declared_ones_stays_and_is_told_and_one_that_differs_is_replaced()
    {
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        var file = _folder.Write(Declaration);
        shell.Run("Enable-TenantRls -Declaration $args[0]", file).EnsureSuccess();
        await database.ExecuteAsync("alter policy positive on order_line using (id > 5); create policy mine on order_line as restrictive using (true)");

        var result = shell.Run("Enable-TenantRls -Declaration $args[0]", file).EnsureSuccess();

        Assert.Contains(result.Warnings, w => w.Contains("'mine'", StringComparison.Ordinal) && w.Contains("Compare-TenantRls", StringComparison.Ordinal));
        Assert.Equal("(id > 0)", shell.Run("(Get-TenantPolicy -Declaration $args[0] -Name positive).Using", file).EnsureSuccess().Single);
        Assert.Single(shell.Run("Get-TenantPolicy order_line mine").EnsureSuccess().Output);
    }

    [Fact]
    public async Task A_table_whose_rows_have_no_tenant_is_an_error_and_the_next_run_goes_on_there()
    {
        await using var database = await CreateAsync();
        await database.ExecuteAsync("insert into order_line (id) values (1); create table last_one (id int)");
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        var file = _folder.Write("@{ Tables = @( 'todo_item'\n 'order_line'\n 'last_one' ); SharedTables = 'country', 'plan' }");

        var cut = shell.Run("Enable-TenantRls -Declaration $args[0] -ErrorAction Stop", file);
        var left = await database.ScalarAsync<string>("select string_agg(c.relname, ',' order by 1) from pg_class c join pg_attribute a on a.attrelid = c.oid where relkind = 'r' and relname <> 'order_line' and attname = 'tenant' and relnamespace = 'public'::regnamespace");
        var again = shell.Run("Enable-TenantRls -Declaration $args[0] -DefaultTenant acme", file).EnsureSuccess();

        Assert.Contains("line 2", cut.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("order_line", cut.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal("todo_item", left);
        Assert.Equal([("public.todo_item", false), ("public.order_line", true), ("public.last_one", true)], again.Output.Select(o => (TenantRls)o.BaseObject).Select(r => (r.Table, r.Done.Count > 0)));
        Assert.Empty(shell.Run("Compare-TenantRls -Declaration $args[0]", file).EnsureSuccess().Output);
    }

    [Fact]
    public async Task Stopped_between_two_tables_it_leaves_whole_ones_and_the_next_run_makes_the_rest()
    {
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        var file = _folder.Write(Declaration);
        await using (var other = await database.Admin.OpenConnectionAsync(TestContext.Current.CancellationToken))
        await using (var transaction = await other.BeginTransactionAsync(TestContext.Current.CancellationToken))
        {
            await using var command = new Npgsql.NpgsqlCommand("lock table order_line in access share mode", other, transaction);
            await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

            // It waits for the second table until it is stopped: for that long the first is whole, and nothing of the second is there.
            var stopped = shell.RunAndStop("Enable-TenantRls -Declaration $args[0]", TimeSpan.FromSeconds(5), file);
            Assert.Equal("public.todo_item", ((TenantRls)Assert.Single(stopped.Output).BaseObject).Table);
        }

        Assert.Equal("tenants_admin,tenants_isolation", await database.ScalarAsync<string>("select string_agg(polname, ',' order by polname) from pg_policy"));
        var again = shell.Run("Enable-TenantRls -Declaration $args[0]", file).EnsureSuccess();

        Assert.Equal([false, true], again.Output.Select(o => ((TenantRls)o.BaseObject).Done.Count > 0));
        Assert.Empty(shell.Run("Compare-TenantRls -Declaration $args[0]", file).EnsureSuccess().Output);
    }

    [Fact]
    public async Task Every_cmdlet_that_takes_tables_takes_them_from_the_declaration_too()
    {
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        var file = _folder.Write(Declaration);
        shell.Run("$d = $args[0]; Initialize-TenantDatabase -Confirm:$false; $null = Enable-TenantRls todo_item, order_line -Column tenant_id", file).EnsureSuccess();

        Assert.Equal(2, shell.Run("Grant-TenantTable -Declaration $d -PassThru").EnsureSuccess().Output.Count);
        Assert.Equal(4, shell.Run("Get-TenantRls -Declaration $d").EnsureSuccess().Output.Count);
        Assert.Equal("positive", shell.Run("(New-TenantPolicy -Declaration $d).Name").EnsureSuccess().Single);
        Assert.Equal(5, shell.Run("Get-TenantPolicy -Declaration $d").EnsureSuccess().Output.Count);
        shell.Run("Remove-TenantPolicy -Declaration $d -Confirm:$false").EnsureSuccess();
        Assert.Equal(4, shell.Run("Get-TenantPolicy -Declaration $d").EnsureSuccess().Output.Count);
        shell.Run("Revoke-TenantTable -Declaration $d").EnsureSuccess();
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from tenants.shared_table"));
        shell.Answer = true;
        Assert.Equal(["public.order_line", "public.todo_item"], shell.Run("(Disable-TenantRls -Declaration $d).Table").EnsureSuccess().Output.Select(o => o.BaseObject));
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from pg_policy"));
    }

    [Theory]
    [InlineData("Enable-TenantRls")]
    [InlineData("Disable-TenantRls")]
    [InlineData("Get-TenantRls")]
    [InlineData("New-TenantPolicy")]
    [InlineData("Get-TenantPolicy")]
    [InlineData("Remove-TenantPolicy")]
    [InlineData("Grant-TenantTable")]
    [InlineData("Revoke-TenantTable")]
    public void A_table_and_a_declaration_exclude_each_other(string cmdlet)
    {
        using var shell = ModuleRunner.Open();

        Assert.Equal("AmbiguousParameterSet", shell.Run($"{cmdlet} -Table a -Declaration b").ErrorId);
    }

    [Fact]
    public async Task What_is_exported_makes_the_same_of_the_bare_tables()
    {
        await using var one = await CreateAsync();
        await using var other = await CreateAsync();
        using var shell = ModuleRunner.Connect(one.AdminConnectionString);
        shell.Run("Enable-TenantRls -Declaration $args[0]", _folder.Write(Declaration)).EnsureSuccess();
        var path = Path.Combine(_folder.Path, "exported.psd1");

        var text = (string)shell.Run("Export-TenantDeclaration").EnsureSuccess().Single!;
        shell.Run("Export-TenantDeclaration $args[0]", path).EnsureSuccess();
        using var copy = ModuleRunner.Connect(other.AdminConnectionString);
        copy.Run("Enable-TenantRls -Declaration $args[0]", path).EnsureSuccess();

        Assert.Equal(text, await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken));
        Assert.Equal(text, copy.Run("Export-TenantDeclaration").EnsureSuccess().Single);
        foreach (var entry in new[] { "Table = 'public.order_line'", "Column = 'tenant_id'", "Type = 'character varying(30)'", "Rights = 'select', 'insert'", "@{ Name = 'positive'; Using = '(id > 0)' }" })
        {
            Assert.Contains(entry, text, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("todo_item", (string)shell.Run("'order*' | Export-TenantDeclaration").EnsureSuccess().Single!, StringComparison.Ordinal);
        Assert.DoesNotContain("order_line", (string)shell.Run("Export-TenantDeclaration -Table todo_item, country").EnsureSuccess().Single!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_there_is_not_overwritten_and_WhatIf_writes_none()
    {
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        shell.Run("$null = Enable-TenantRls todo_item").EnsureSuccess();
        var file = _folder.Write("mine");

        var refused = shell.Run("Export-TenantDeclaration -Path $args[0]", file);
        shell.Run("Export-TenantDeclaration -Path $args[0] -Force -WhatIf", file).EnsureSuccess();
        Assert.Equal("DeclarationAlreadyExists", refused.ErrorId);
        Assert.Equal("mine", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));

        var written = shell.Run("Export-TenantDeclaration -Path $args[0] -Force -PassThru", file).EnsureSuccess();
        Assert.Equal(file, ((FileInfo)written.Single!).FullName);
        Assert.NotNull(written.Output[0].Properties["PSParentPath"]);
        Assert.Contains("'public.todo_item'", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Equal([file], Directory.GetFileSystemEntries(_folder.Path));
        Assert.Equal("DeclarationNotWritable", shell.Run("Export-TenantDeclaration -Path $args[0]", _folder.Path).ErrorId);
        var missing = shell.Run("Export-TenantDeclaration -Path $args[0]", Path.Combine(_folder.Path, "no", "f.psd1"));
        Assert.Equal("DeclarationNotWritable", missing.ErrorId);
        Assert.Contains($"{Path.Combine(_folder.Path, "no", "f.psd1")} cannot be written: there is no directory", missing.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_table_of_which_there_is_nothing_to_declare_is_an_error_and_a_wildcard_that_fits_none_a_warning()
    {
        await using var database = await CreateAsync();
        await database.ExecuteAsync("create view shown as select 1 as id");
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        shell.Run("$null = Enable-TenantRls todo_item").EnsureSuccess();

        var partly = shell.Run("Export-TenantDeclaration -Table shown, todo_item, order_line, nowhere");
        var none = shell.Run("Export-TenantDeclaration $args[0] -Table order_line", _folder.File);
        var wildcard = shell.Run("Export-TenantDeclaration -Table 'zz*'").EnsureSuccess();

        Assert.Equal(["TableNotEnabled", "TableNotEnabled", "TableNotFound"], partly.Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Contains("todo_item", (string)Assert.Single(partly.Output).BaseObject, StringComparison.Ordinal);
        Assert.Equal("TableNotEnabled", none.ErrorId);
        Assert.False(File.Exists(_folder.File));
        Assert.Contains("'zz*'", Assert.Single(wildcard.Warnings), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private static async Task<TestDatabase> CreateAsync()
    {
        var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync(Schema);
        return database;
    }
}
