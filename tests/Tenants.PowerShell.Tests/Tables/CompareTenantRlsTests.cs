using Npgsql;
using Tenants.PowerShell.Tests.Shell;
using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Tables;

public class CompareTenantRlsTests
{
    private static readonly string s_example = Path.Combine(Path.GetDirectoryName(ModuleRunner.Manifest)!, "examples", "compare-in-ci.ps1");

    [Fact]
    public async Task Differences_are_objects_that_say_what_mends_them()
    {
        await using var database = await EnabledAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);

        Assert.Empty(shell.Run("Compare-TenantRls").EnsureSuccess().Output);
        await database.ExecuteAsync("alter table todo_item no force row level security");
        var found = (TenantRlsDifference)shell.Run("Compare-TenantRls").EnsureSuccess().Single!;

        Assert.Equal(("public.todo_item", TenantRlsDifferenceKind.ForceOff), (found.Table, found.Kind));
        Assert.Equal("ACCESS EXCLUSIVE on \"public\".\"todo_item\"", found.Lock);
        Assert.Empty(shell.Run("Compare-TenantRls | . { process { Invoke-TenantQuery -AsAdmin $_.Mend } }; Compare-TenantRls").EnsureSuccess().Output);
    }

    [Fact]
    public async Task Tables_come_by_name_wildcard_and_pipeline_and_an_empty_pipeline_asks_for_none()
    {
        await using var database = await EnabledAsync();
        await database.ExecuteAsync("alter table todo_item no force row level security; create table todo_list (id int); create view shown as select 1 as id");
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);

        Assert.Equal(2, shell.Run("Compare-TenantRls todo_*").EnsureSuccess().Output.Count);
        Assert.Single(shell.Run("Get-TenantRls todo_item | Compare-TenantRls").EnsureSuccess().Output);
        Assert.Empty(shell.Run("@() | Compare-TenantRls").EnsureSuccess().Output);
        Assert.Contains("'zz*'", Assert.Single(shell.Run("Compare-TenantRls zz*").EnsureSuccess().Warnings), StringComparison.Ordinal);
        var partly = shell.Run("Compare-TenantRls nowhere, shown, todo_item");
        Assert.Equal(["TableNotFound", "TableNotSupported"], partly.Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Single(partly.Output);
    }

    [Fact]
    public async Task A_declaration_says_what_ought_to_be()
    {
        await using var database = await EnabledAsync();
        using var script = new TemporaryScript("@{ Tables = @(@{ Table = 'todo_item'; Rights = 'Select', 'Insert' }) }");
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);

        var found = (TenantRlsDifference)shell.Run("Compare-TenantRls -Declaration $args[0]", script.Path).EnsureSuccess().Single!;

        Assert.Equal((TenantRlsDifferenceKind.RightSurplus, "select, insert"), (found.Kind, found.Expected));
    }

    [Fact]
    public async Task The_table_view_fits_a_terminal_and_the_list_has_everything()
    {
        await using var database = await EnabledAsync();
        await database.ExecuteAsync("alter table todo_item no force row level security");
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);

        shell.Run("Compare-TenantRls | Out-Default").EnsureSuccess();
        var view = shell.Run("Compare-TenantRls | Out-Default").Host;

        Assert.Contains("ForceOff", view, StringComparison.Ordinal);
        Assert.All(view.Split('\n'), line => Assert.True(line.TrimEnd().Length <= 120, line));
    }

    [Theory]
    [InlineData(0, "")]
    [InlineData(1, "alter table todo_item no force row level security")]
    [InlineData(0, "drop index todo_item_tenant_idx", "-Severity", "Error")]
    [InlineData(1, "drop index todo_item_tenant_idx", "-Severity", "Warning")]
    public async Task The_example_for_pipelines_ends_with_1_for_what_is_bad_enough(int exitCode, string tampering, params string[] arguments)
    {
        await using var database = await EnabledAsync();
        if (tampering.Length > 0)
        {
            await database.ExecuteAsync(tampering);
        }

        var result = await RunExampleAsync(database.AdminConnectionString, arguments);

        Assert.Equal((exitCode, ""), (result.ExitCode, result.Errors));
        Assert.Contains(tampering.Length > 0 ? "1 difference," : "0 differences", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_example_ends_with_2_where_nothing_could_be_compared()
    {
        await using var database = await TestDatabase.CreateAsync();
        var nobody = new NpgsqlConnectionStringBuilder(database.AdminConnectionString) { Port = 1, Host = "127.0.0.1" }.ConnectionString;

        Assert.Equal(2, (await RunExampleAsync(nobody)).ExitCode);
        Assert.Equal(2, (await RunExampleAsync(database.AdminConnectionString, "-Declaration", "nowhere.psd1")).ExitCode);
    }

    [Fact]
    public async Task The_example_shows_itself_on_a_server_of_its_own()
    {
        var result = await ShellProcess.RunAsync("", s_example, "-Demo");

        Assert.Equal((1, ""), (result.ExitCode, result.Errors));
        Assert.Contains("ForceOff", result.Output, StringComparison.Ordinal);
        Assert.Contains("drop policy \"debugging\" on \"public\".\"todo_item\";", result.Output, StringComparison.Ordinal);
    }

    private static async Task<TestDatabase> EnabledAsync()
    {
        var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync("create table todo_item (id int, title text)");
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        shell.Run("Enable-TenantRls todo_item").EnsureSuccess();
        return database;
    }

    private static async Task<ShellResult> RunExampleAsync(string connectionString, params string[] arguments)
    {
        var login = new NpgsqlConnectionStringBuilder(connectionString);
        using var process = ShellProcess.Start([s_example, .. arguments], new Dictionary<string, string>
        {
            ["POSTGRES_SERVER"] = login.Host!,
            ["POSTGRES_PORT"] = $"{login.Port}",
            ["POSTGRES_USER"] = login.Username!,
            ["POSTGRES_PASSWORD"] = login.Password!,
            ["POSTGRES_DB"] = login.Database!,
        });
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new ShellResult(process.ExitCode, (await output).ReplaceLineEndings("\n"), (await errors).ReplaceLineEndings("\n"));
    }
}
