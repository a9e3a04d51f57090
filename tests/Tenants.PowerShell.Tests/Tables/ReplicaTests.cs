using Npgsql;
using Tenants.Engine.Sandbox;
using Xunit;

namespace Tenants.PowerShell.Tests.Tables;

/// <summary>A server of its own, which goes on as a replica once its tables are made.</summary>
public sealed class ReplicaTests
{
    [Fact]
    public async Task What_would_change_tables_says_that_a_replica_cannot_be_changed()
    {
        await using var sandbox = await PostgresSandbox.StartAsync(new SandboxOptions { Settings = new Dictionary<string, string> { ["wal_level"] = "replica", ["max_wal_senders"] = "2" } });
        await using (var source = NpgsqlDataSource.Create(sandbox.GetConnectionString() + ";Pooling=false"))
        {
            await source.CreateCommand("create table item (id int); create table note (id int)").ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        using (var primary = ModuleRunner.Connect(sandbox.GetConnectionString()))
        {
            primary.Run("$null = Enable-TenantRls note -WarningAction SilentlyContinue; Disconnect-TenantDatabase").EnsureSuccess();
        }

        await sandbox.StopServerAsync();
        await File.WriteAllTextAsync(Path.Combine(sandbox.DataDirectory, "standby.signal"), "", TestContext.Current.CancellationToken);
        await sandbox.StartServerAsync();
        using var folder = new Declarations.DeclarationFolder();
        var declaration = folder.Write("@{ Tables = 'item' }");
        using var shell = ModuleRunner.Connect(sandbox.GetConnectionString());

        foreach (var command in new[]
        {
            "Enable-TenantRls item",
            "Enable-TenantRls item -Online",
            "Enable-TenantRls -Declaration $args[0]",
            "Disable-TenantRls note -Confirm:$false",
            "Disable-TenantRls note -Online -Confirm:$false",
        })
        {
            var result = shell.Run(command, declaration);
            Assert.True("ReadOnlyReplica" == result.ErrorId, $"{command}: {result.ErrorId}: {result.ErrorMessage}");
            Assert.Contains("Connect to the primary", result.ErrorMessage, StringComparison.Ordinal);
        }

        Assert.Equal(TenantRlsState.On, shell.Run("(Get-TenantRls note).State").EnsureSuccess().Single);
        Assert.Empty(shell.Run("Compare-TenantRls note").EnsureSuccess().Output);
    }
}
