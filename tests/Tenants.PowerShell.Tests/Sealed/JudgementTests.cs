using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Sealed;

/// <summary>No login is made in a database where hostile SQL would reach further; who is no tenants' login is told what he is.</summary>
public class JudgementTests
{
    [Fact]
    public async Task No_login_is_made_where_everybody_reaches_further()
    {
        await using var module = await SealedModule.CreateAsync();
        await TestDatabase.ExecuteAsync(module.Database.Superuser, "create view public.all_of_it as select * from todo_item; grant select on public.all_of_it to public");
        Assert.All(["New-TenantLogin acme", "New-TenantLogin -App", "New-TenantLogin acme, globex"], command =>
        {
            var refused = module.Run(command);
            Assert.Equal("LoginUnfit", refused.ErrorId);
            Assert.Contains("all_of_it", refused.ErrorMessage, StringComparison.Ordinal);
            Assert.Empty(refused.Output);
        });
        Assert.Empty(module.Run("Get-TenantLogin").EnsureSuccess().Output);
        Assert.Equal(0L, await TestDatabase.ScalarAsync<long>(
            module.Database.Superuser, "select count(*) from pg_roles where rolname ~ '^tenants_(app|bound)_' and position($1 in rolname) > 0", module.Database.Name));

        await TestDatabase.ExecuteAsync(module.Database.Superuser, "revoke select on public.all_of_it from public");
        Assert.Single(module.Run("New-TenantLogin acme").EnsureSuccess().Output);
    }

    [Fact]
    public async Task A_tenants_login_in_the_admins_place_is_told_its_own()
    {
        await using var module = await SealedModule.CreateAsync();
        module.Run("$app = New-TenantLogin -App; $bound = New-TenantLogin acme").EnsureSuccess();
        foreach (var login in (string[])["$app", "$bound"])
        {
            module.Run($"$null = Connect-TenantDatabase $place -Credential {login}.Credential -WarningAction SilentlyContinue").EnsureSuccess();
            AssertToldWhatItIs(module.Run("Invoke-TenantQuery -Tenant acme 'select 1'"));
            AssertToldWhatItIs(module.Run("Get-Tenant"));
            AssertToldWhatItIs(module.Run($"Connect-TenantDatabase $place -Credential {login}.Credential -Trust Sealed"));
        }

        static void AssertToldWhatItIs(ScriptResult result)
        {
            Assert.Equal("PermissionDenied", result.ErrorId);
            Assert.Contains("-AppCredential", result.ErrorMessage, StringComparison.Ordinal);
            Assert.DoesNotContain("grant", result.ErrorMessage, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Who_is_no_admin_is_told_so_in_sealed_trust_too()
    {
        await using var module = await SealedModule.CreateAsync();
        var (_, connectionString) = await module.Database.CreateLoginAsync("nobody", "createrole");
        var refused = module.Run("Connect-TenantDatabase $args[0] -Trust Sealed", connectionString);
        Assert.Equal("PermissionDenied", refused.ErrorId);
        Assert.Contains("is no admin of the tenants", refused.ErrorMessage, StringComparison.Ordinal);
        Assert.DoesNotContain("on login", refused.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_admin_in_an_app_logins_place_is_not_told_to_undo_himself()
    {
        await using var module = await SealedModule.CreateAsync();
        var refused = module.Run("""
            $made = New-TenantLogin -App
            $self = [Data.Common.DbConnectionStringBuilder]::new(); $self.set_ConnectionString($admin)
            $credential = [pscredential]::new($self['Username'], [Net.NetworkCredential]::new('', $self['Password']).SecurePassword)
            Connect-TenantDatabase $place -AppCredential $credential -Key $made.Key
            """);
        Assert.Equal("LoginUnfit", refused.ErrorId);
        Assert.Contains("is an admin's", refused.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains("New-TenantLogin -App", refused.ErrorMessage, StringComparison.Ordinal);
        Assert.All(["revoke", "reassign", "alter role"], mend => Assert.DoesNotContain(mend, refused.ErrorMessage, StringComparison.Ordinal));

        // One that was made an admin later is an app login all the same.
        var role = await module.Database.ScalarAsync<string>("select quote_ident(value) from tenants.setting where name = 'admin_role'");
        await TestDatabase.ExecuteAsync(module.Database.Superuser, $"grant {role} to \"{module.Text("$made.Name")}\"");
        refused = module.Run("Connect-TenantDatabase $place -AppCredential $made.Credential -Key $made.Key");
        Assert.Equal("LoginUnfit", refused.ErrorId);
        Assert.Contains("revoke", refused.ErrorMessage, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_was_replaced_is_told_of_to_the_service_that_runs_on()
    {
        await using var module = await SealedModule.CreateAsync();
        module.Run("""
            $made = New-TenantLogin -App
            $adminConnection = Get-TenantDatabase | & { process { if ($_.IsCurrent) { $_.Connection } } }
            $service = Connect-TenantDatabase $place -AppCredential $made.Credential -Key $made.Key -WarningAction SilentlyContinue
            $session = New-TenantSession acme
            $null = Reset-TenantKey $made.Name -Grace 0s -Connection $adminConnection
            """).EnsureSuccess();
        Assert.All(
            ["Invoke-TenantQuery -Tenant acme 'select 1'", "Invoke-TenantQuery -Session $session 'select 1'", "New-TenantSession acme", "Start-TenantTransaction $session"],
            command =>
            {
                var refused = module.Run(command);
                Assert.Equal("KeyRefused", refused.ErrorId);
                Assert.Contains("-Key", refused.ErrorMessage, StringComparison.Ordinal);
            });
    }
}
