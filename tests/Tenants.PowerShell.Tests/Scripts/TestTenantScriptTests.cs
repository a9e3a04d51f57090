using System.Management.Automation;
using Npgsql;
using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Scripts;

public sealed class TestTenantScriptTests : IDisposable
{
    private const string Tables = """
        create table invoice (id int, tenant text, paid boolean);
        insert into invoice values (1, 'acme'), (2, 'globex');
        alter table invoice enable row level security;
        alter table invoice force row level security
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("tenants-script-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_writes_what_differs_and_nothing_where_nothing_does()
    {
        await using var test = await CreateAsync();
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        var script = Write("V1 it's.sql", "begin;\nupdate invoice set paid = true;\nselect 1;\ncommit;");
        var result = runner.Run("Test-TenantScript $args[0]", script).EnsureSuccess();
        var found = Assert.IsType<TenantScriptDifference>(result.Single);
        Assert.Equal((script, 2, 2, 0L, 2L), (found.Path, found.Statement, found.Line, found.AsLogin, found.AllRows));
        Assert.Contains("BEGIN", Assert.Single(result.Warnings), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(4, runner.Run("Test-TenantScript $args[0] -All", script).EnsureSuccess().Output.Count);
        Assert.Equal(2, await TestDatabase.ScalarAsync<long>(test.Superuser, "select count(*) from invoice where paid is null"));
        Assert.Empty(runner.Run("Test-TenantScript $args[0]", Write("V2.sql", "select 1")).EnsureSuccess().Output);
    }

    [Fact]
    public async Task It_takes_a_login_by_name_or_by_credential_and_shows_no_password()
    {
        await using var test = await CreateAsync();
        var settings = new NpgsqlConnectionStringBuilder(test.AdminConnectionString);
        using var runner = ModuleRunner.Connect(test.SuperuserConnectionString);
        var script = Write("V1.sql", "update invoice set paid = true");
        Assert.Single(runner.Run("Test-TenantScript $args[0] -Login $args[1]", script, test.AdminLogin).EnsureSuccess().Output);
        var shown = runner.Run(
            """
            $secret = [securestring]::new()
            $args[2].ToCharArray().ForEach({ $secret.AppendChar($_) })
            Test-TenantScript $args[0] -Credential ([pscredential]::new($args[1], $secret)) | Out-Default
            """,
            script,
            test.AdminLogin,
            settings.Password).EnsureSuccess().Host;
        Assert.Contains("Explanation", shown, StringComparison.Ordinal);
        Assert.Contains("public.invoice", shown, StringComparison.Ordinal);
        Assert.DoesNotContain(settings.Password!, shown, StringComparison.Ordinal);
        Assert.Equal("RoleNotFound", runner.Run("Test-TenantScript $args[0] -Login nobody_of_that_name", script).ErrorId);
    }

    [Theory]
    [InlineData("update invoice set paid = true", "found")]
    [InlineData("select nothing", "found")]
    [InlineData("\\i other.sql", "error")]
    [InlineData("select 1", "passed")]
    public async Task A_step_of_a_pipeline_fails_where_something_is_found_or_cannot_be_tested(string sql, string outcome)
    {
        await using var test = await CreateAsync();
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        var result = runner.Run("$ErrorActionPreference = 'Stop'; if ($found = Test-TenantScript $args[0]) { 'found'; return }; 'passed'", Write("V1.sql", sql));
        Assert.Equal(outcome, result.IsTerminated ? "error" : result.Single);
    }

    [Fact]
    public async Task Of_several_files_one_that_cannot_be_read_is_one_error()
    {
        await using var test = await CreateAsync();
        using var runner = ModuleRunner.Connect(test.AdminConnectionString);
        Write("1.sql", "update invoice set paid = true");
        Write("2.sql", "select 1;\n\\i other.sql");
        Write("3.sql", "delete from invoice");
        var result = runner.Run("[IO.DirectoryInfo]::new($args[0]).GetFiles('*.sql') | Test-TenantScript", _folder);
        Assert.Equal(["1.sql", "3.sql"], result.Output.Select(o => Path.GetFileName(((TenantScriptDifference)o.BaseObject).Path)).Order(StringComparer.Ordinal));
        var error = Assert.Single(result.Errors);
        Assert.Equal(ErrorCategory.SyntaxError, error.CategoryInfo.Category);
        Assert.StartsWith("Line 2", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal("FileNotFound", runner.Run("Test-TenantScript $args[0]", Path.Combine(_folder, "none.sql")).ErrorId);
    }

    private string Write(string name, string text)
    {
        var path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static async Task<TestDatabase> CreateAsync()
    {
        var test = await TestDatabase.CreateAsync();
        await TestDatabase.ExecuteAsync(test.Superuser, $"alter schema public owner to {test.AdminLogin}");
        await test.ExecuteAsync(Tables);
        return test;
    }
}
