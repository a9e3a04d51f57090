using Npgsql;
using Tenants.Testing;

namespace Tenants.PowerShell.Tests.Sealed;

/// <summary>A runspace that is connected as the admin to a database with the tenants acme and globex and the tenant table todo_item, a row each.</summary>
internal sealed class SealedModule : IAsyncDisposable
{
    private SealedModule(TestDatabase database, ModuleRunner runner) => (Database, Runner) = (database, runner);

    public TestDatabase Database { get; }

    public ModuleRunner Runner { get; }

    public static async Task<SealedModule> CreateAsync()
    {
        var database = await TestDatabase.CreateAsync();
        await TestDatabase.ExecuteAsync(database.Superuser, "revoke create on schema public from public; grant create on schema public to " + database.AdminLogin);
        await database.ExecuteAsync("create table todo_item (id int generated always as identity primary key, title text)");
        var runner = ModuleRunner.Connect(database.AdminConnectionString);
        runner.Run("""
            Enable-TenantRls todo_item -WarningAction SilentlyContinue
            $null = New-Tenant acme, globex
            Invoke-TenantQuery -Tenant acme "insert into todo_item (title) values ('a1')"
            Invoke-TenantQuery -Tenant globex "insert into todo_item (title) values ('g1')"
            """).EnsureSuccess();
        var place = new NpgsqlConnectionStringBuilder(database.AdminConnectionString);

        // Where the server is, and nobody's name.
        runner.Run("$admin, $place = $args", database.AdminConnectionString, $"Host={place.Host};Port={place.Port};Database={place.Database}").EnsureSuccess();
        return new SealedModule(database, runner);
    }

    public ScriptResult Run(string script, params object?[] arguments) => Runner.Run(script, arguments);

    /// <summary>The one thing that a script writes, as text.</summary>
    public string? Text(string script, params object?[] arguments) => Runner.Run(script, arguments).EnsureSuccess().Single?.ToString();

    public async ValueTask DisposeAsync()
    {
        Runner.Dispose();
        await Database.DisposeAsync();
    }
}
