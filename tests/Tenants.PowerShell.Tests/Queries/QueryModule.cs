using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Queries;

/// <summary>A runspace that is connected to a database with the tenants acme and globex and the tenant table todo_item.</summary>
public sealed class QueryModule : IAsyncLifetime
{
    public TestDatabase Database { get; private set; } = null!;

    public ModuleRunner Runner { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Database = await TestDatabase.CreateAsync();
        Runner = ModuleRunner.Connect(Database.AdminConnectionString);
        Runner.Run("$null = New-Tenant acme, globex -Confirm:$false").EnsureSuccess();
        var role = await Database.ScalarAsync<string>("select value from tenants.setting where name = 'session_role'");
        await Database.ExecuteAsync($"""
            create table todo_item (
                id int generated always as identity primary key,
                title text,
                tenant text not null default pg_catalog.current_setting('tenants.tenant', true));
            alter table todo_item enable row level security;
            alter table todo_item force row level security;
            create policy tenant_isolation on todo_item
                using (tenant = (select tenants.current_tenant())) with check (tenant = (select tenants.current_tenant()));
            grant select, insert, update, delete on todo_item to "{role}";
            """);
    }

    public ScriptResult Run(string script, params object?[] arguments) => Runner.Run(script, arguments);

    public async ValueTask DisposeAsync()
    {
        Runner.Dispose();
        await Database.DisposeAsync();
    }
}
