using Tenants.Engine.Sandbox;
using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Connecting;

/// <summary>A physical replica: what reads works there, and what writes says that it is one.</summary>
public sealed class ReplicaTests
{
    private static readonly string[] s_reads =
    [
        "Get-TenantDatabase", "Get-TenantRls", "Get-TenantRls todo_item, prepared, open_item", "Compare-TenantRls", "Get-Tenant", "Get-TenantPolicy todo_item",
        "Get-TenantLogin", "Export-TenantDeclaration ($args[0] + '/tenancy.psd1')",
        "Invoke-TenantQuery -AsAdmin 'select count(*) from todo_item'", "Disable-TenantRls open_item -Force", "Initialize-TenantDatabase -Force",
    ];

    private static readonly string[] s_writes =
    [
        "Enable-TenantRls open_item", "Enable-TenantRls filled -DefaultTenant acme", "Enable-TenantRls filled -Backfill { 'acme' }", "Enable-TenantRls open_item -Online",
        "Enable-TenantRls prepared -Online -Phase Enforce", "Disable-TenantRls todo_item -Force", "Disable-TenantRls todo_item -Online -RemoveColumn -Force",
        "New-Tenant globex", "Remove-Tenant acme -RemoveData -Confirm:$false", "New-TenantPolicy todo_item more -Using 'title is not null'",
        "Grant-TenantTable country -Force", "Revoke-TenantTable shared -Force", "New-TenantLogin acme", "New-TenantLogin -App -Name app",
        "Invoke-TenantQuery -Tenant acme 'select title from todo_item'", "Invoke-TenantQuery -Tenant acme 'insert into todo_item (title) values (''b'')'", "Invoke-TenantQuery -AsAdmin 'create table x ()'",
        "Uninstall-TenantDatabase -Force -Confirm:$false", "Test-TenantScript ($args[0] + '/V1.sql')",
    ];

    [Fact]
    public async Task What_reads_works_and_what_writes_names_it()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the copy is made by the tools of Unix");
        var folder = Directory.CreateTempSubdirectory("tenants-replica-").FullName;
        await using var primary = await PostgresSandbox.StartAsync(new SandboxOptions { Version = TestServer.WantedMajor, Settings = new Dictionary<string, string> { ["max_wal_senders"] = "4", ["wal_level"] = "replica" } });
        using var service = ModuleRunner.Connect(primary.GetConnectionString());
        service.Run("""
            $WarningPreference = 'SilentlyContinue'
            Initialize-TenantDatabase -Force
            $null = Invoke-TenantQuery -AsAdmin 'create table todo_item (title text)'
            $null = Invoke-TenantQuery -AsAdmin 'create table open_item (title text)'
            $null = Invoke-TenantQuery -AsAdmin 'create table prepared (title text)'
            $null = Invoke-TenantQuery -AsAdmin 'create table filled (title text)'
            $null = Invoke-TenantQuery -AsAdmin 'insert into filled values (''x'')'
            $null = Invoke-TenantQuery -AsAdmin 'create table country (name text)'
            $null = Invoke-TenantQuery -AsAdmin 'create table shared (name text)'
            $null = Enable-TenantRls todo_item
            $null = Enable-TenantRls prepared -Online -Phase Prepare -DefaultTenant acme
            Grant-TenantTable shared -Force
            $null = Invoke-TenantQuery -Tenant acme 'insert into todo_item (title) values (''a'')'
            $made = New-TenantLogin -App -Name service
            Disconnect-TenantDatabase
            """).EnsureSuccess();

        await File.WriteAllTextAsync(Path.Combine(folder, "V1.sql"), "update todo_item set title = 'b'");
        await using var standby = await Standby.StartAsync(primary);
        using (var shell = ModuleRunner.Connect(standby.Of(primary.GetConnectionString())))
        {
            foreach (var read in s_reads)
            {
                var result = shell.Run(read, folder);
                Assert.True(result.Errors.Count == 0, $"{read}: {string.Join("; ", result.Errors)}");
            }

            var wrong = s_writes.Select(write => (write, result: shell.Run(write, folder))).Where(w => w.result.ErrorId != "ReadOnlyReplica").Select(w => $"{w.write}: {w.result.ErrorId} {string.Join("; ", w.result.Errors)}").ToList();
            Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        }

        // As a tenant one reads over an app login: its key was made on the primary.
        service.Run("$null = Connect-TenantDatabase -Server 127.0.0.1 -Port $args[0] -Database $args[1] -AppCredential $made.Credential -Key $made.Key -WarningAction SilentlyContinue", standby.Port, primary.Database).EnsureSuccess();
        Assert.Equal("a", (string)service.Run("(Invoke-TenantQuery -Tenant acme 'select title from todo_item').title").EnsureSuccess().Single!);
        Assert.Equal("ReadOnlyReplica", service.Run("Invoke-TenantQuery -Tenant acme 'delete from todo_item'").ErrorId);
        Directory.Delete(folder, recursive: true);
    }
}
