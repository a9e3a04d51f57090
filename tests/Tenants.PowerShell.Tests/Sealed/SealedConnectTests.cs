using Xunit;

namespace Tenants.PowerShell.Tests.Sealed;

public class SealedConnectTests
{
    private const string Title = "(Invoke-TenantQuery -Tenant acme 'select title from todo_item').title";

    [Fact]
    public async Task A_sealed_connection_runs_tenants_sql_over_a_login_of_its_own()
    {
        await using var module = await SealedModule.CreateAsync();
        Assert.Equal("Sealed", module.Text("$c = Connect-TenantDatabase $admin -Trust Sealed -AllowOutdatedServer -WarningAction SilentlyContinue; \"$($c.Trust)\""));
        Assert.Equal("a1", module.Text(Title));
        Assert.Equal("Sealed", module.Text("\"$((Get-TenantDatabase $c).Trust)\""));
        Assert.StartsWith("tenants_shared_", module.Text("(Invoke-TenantQuery -Tenant acme 'select session_user::text as who').who"), StringComparison.Ordinal);
        Assert.StartsWith("tenants_bound_", module.Text("$s = New-TenantSession acme -RequireSealed; (Invoke-TenantQuery -Session $s -RequireSealed 'select session_user::text as who').who"), StringComparison.Ordinal);
        Assert.Equal("InvalidCast", module.Run("Connect-TenantDatabase $admin -Trust Closed").Errors[0].FullyQualifiedErrorId is var id && id.StartsWith("CannotConvert", StringComparison.Ordinal) ? "InvalidCast" : id);
    }

    [Fact]
    public async Task An_app_login_runs_tenants_sql_without_an_admin()
    {
        await using var module = await SealedModule.CreateAsync();
        var result = module.Run("""
            $made = New-TenantLogin -App
            $c = Connect-TenantDatabase $place -AppCredential $made.Credential -Key $made.Key -AllowOutdatedServer -WarningAction SilentlyContinue
            $c.UserName -eq $made.Name
            "$($c.Trust)"
            (Invoke-TenantQuery -Tenant acme 'select title from todo_item').title
            (Invoke-TenantQuery -Tenant globex -RequireSealed 'select title from todo_item').title
            """).EnsureSuccess();
        Assert.Equal([true, "Sealed", "a1", "g1"], result.Output.Select(o => o.BaseObject));
        Assert.Equal("AdminNeeded", module.Run("Get-Tenant").ErrorId);

        // What is known without an admin; that there is none is no warning.
        var shown = module.Run("$info = Get-TenantDatabase $c; \"$($info.State)\"; $info.Tables; $null -eq $info.Tenants; @($info.Warnings -like '*admin of the tenants*').Count").EnsureSuccess();
        Assert.Equal(["Open", 1, true, 0], shown.Output.Select(o => o.BaseObject));
    }

    [Fact]
    public async Task An_admin_that_is_named_beside_an_app_login_does_what_admins_do()
    {
        await using var module = await SealedModule.CreateAsync();
        var result = module.Run("""
            $made = New-TenantLogin -App
            $c = Connect-TenantDatabase $admin -AppCredential $made.Credential -Key $made.Key -WarningAction SilentlyContinue
            @(Get-Tenant).Count
            (Invoke-TenantQuery -Tenant acme 'select session_user::text as who').who -eq $made.Name
            """).EnsureSuccess();
        Assert.Equal([2, true], result.Output.Select(o => o.BaseObject));
    }

    [Fact]
    public async Task The_key_may_come_from_the_environment()
    {
        await using var module = await SealedModule.CreateAsync();
        module.Run("$made = New-TenantLogin -App").EnsureSuccess();
        var missing = module.Run("Connect-TenantDatabase $place -AppCredential $made.Credential");
        Assert.Equal("SettingMissing", missing.ErrorId);
        Assert.All(["-Key", "TENANTS_KEY", "Reset-TenantKey"], way => Assert.Contains(way, missing.ErrorMessage, StringComparison.Ordinal));
        Assert.Equal("SettingMissing", module.Run("Connect-TenantDatabase $admin -Key $made.Key").ErrorId);

        Assert.Equal("a1", module.Text($$"""
            [Environment]::SetEnvironmentVariable('TENANTS_KEY', [Net.NetworkCredential]::new('', $made.Key).Password + "`n")
            try { $null = Connect-TenantDatabase $place -AppCredential $made.Credential -WarningAction SilentlyContinue }
            finally { [Environment]::SetEnvironmentVariable('TENANTS_KEY', $null) }
            {{Title}}
            """));
    }

    [Fact]
    public async Task A_wrong_key_or_password_is_refused_and_shown_nowhere()
    {
        await using var module = await SealedModule.CreateAsync();
        module.Run("$made = New-TenantLogin -App; $other = New-TenantLogin -App").EnsureSuccess();
        var key = module.Text("[Net.NetworkCredential]::new('', $other.Key).Password")!;
        var password = module.Text("[Net.NetworkCredential]::new('', $other.Credential.Password).Password")!;

        var refused = module.Run("Connect-TenantDatabase $place -AppCredential $made.Credential -Key $other.Key -Verbose -Debug");
        Assert.Equal("KeyRefused", refused.ErrorId);
        Assert.DoesNotContain(key[4..], refused.Errors[0].ToString() + refused.Errors[0].Exception + string.Concat([.. refused.Verbose, .. refused.Debug]) + refused.Host, StringComparison.Ordinal);
        var wrong = module.Run("Connect-TenantDatabase $place -AppCredential ([pscredential]::new($made.Name, $other.Credential.Password)) -Key $made.Key -Verbose -Debug");
        Assert.Equal("AuthenticationFailed", wrong.ErrorId);
        Assert.DoesNotContain(password, wrong.Errors[0].ToString() + wrong.Errors[0].Exception + string.Concat([.. wrong.Verbose, .. wrong.Debug]) + wrong.Host, StringComparison.Ordinal);
        Assert.Equal("InvalidSetting", module.Run("Connect-TenantDatabase $place -AppCredential $made.Credential -Key $made.Credential.Password").ErrorId);
        Assert.DoesNotContain(key[4..], module.Text("($Error | & { process { \"$_ $($_.Exception) $($_.TargetObject) $($_.InvocationInfo.Line)\" } }) -join \"`n\""), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_sealed_is_refused_where_sealed_is_required()
    {
        await using var module = await SealedModule.CreateAsync();
        Assert.Equal("SealedRequired", module.Run("Invoke-TenantQuery -Tenant acme -RequireSealed \"delete from todo_item\"").ErrorId);
        Assert.Equal("SealedRequired", module.Run("Invoke-TenantQuery -AllTenants -RequireSealed \"delete from todo_item\"").ErrorId);
        Assert.Equal("SealedRequired", module.Run("New-TenantSession acme -RequireSealed").ErrorId);
        Assert.Empty(module.Run("Get-TenantSession").EnsureSuccess().Output);
        Assert.Equal("SealedRequired", module.Run("$s = New-TenantSession acme; Invoke-TenantQuery -Session $s -RequireSealed \"delete from todo_item\"").ErrorId);
        Assert.Equal("a1", module.Text(Title));
        Assert.Equal("TrustAmbiguous", module.Run("Connect-TenantDatabase $admin -RequireSealed -Trust Scoped").ErrorId);
        Assert.Equal("Sealed", module.Text("$c = Connect-TenantDatabase $admin -RequireSealed -AllowOutdatedServer -WarningAction SilentlyContinue; \"$($c.Trust)\""));
        Assert.Equal("a1", module.Text("(Invoke-TenantQuery -Tenant acme -RequireSealed 'select title from todo_item').title"));
    }

    [Fact]
    public async Task A_server_without_its_security_fixes_is_refused_where_sealed_is_required()
    {
        await using var module = await SealedModule.CreateAsync();
        var missing = module.Run("(Connect-TenantDatabase $admin -WarningAction SilentlyContinue).Facts.MissingFixes").EnsureSuccess().Output.Select(o => (string)o.BaseObject).ToList();
        var result = module.Run("$c = Connect-TenantDatabase $admin -RequireSealed -WarningAction SilentlyContinue; if ($c) { $c }");
        Assert.Equal(missing.Count > 0 ? "ServerOutdated" : null, result.ErrorId);
        Assert.All(missing, fix => Assert.Contains(fix, result.ErrorMessage, StringComparison.Ordinal));
        Assert.Equal(missing.Count > 0 ? 0 : 1, result.Output.Count);

        // Nothing of the refused one is left.
        Assert.Equal(2, module.Run("@(Get-TenantDatabase).Count").Single is int open ? open - result.Output.Count : -1);
        Assert.Equal(result.Output.Count, module.Run("@(Get-TenantLogin).Count").Single);
    }

    [Fact]
    public async Task Such_a_server_is_refused_by_every_call_that_requires_sealed_unless_it_was_said_to_do()
    {
        await using var module = await SealedModule.CreateAsync();
        var isOutdated = module.Run("(Connect-TenantDatabase $admin -WarningAction SilentlyContinue).Facts.MissingFixes").EnsureSuccess().Output.Count > 0;
        string[] calls =
        [
            "Invoke-TenantQuery -Tenant acme -RequireSealed 'select 1'",
            "Invoke-TenantQuery -AllTenants -RequireSealed 'select 1'",
            "Invoke-TenantQuery -Session $s -RequireSealed 'select 1'",
            "New-TenantSession acme -RequireSealed",
            "& { $TenantTrustPreference = 'Sealed'; Invoke-TenantQuery -Tenant acme 'select 1' }",
        ];
        module.Run("$c = Connect-TenantDatabase $admin -Trust Sealed -WarningAction SilentlyContinue; $s = New-TenantSession acme").EnsureSuccess();
        Assert.All(calls, call => Assert.Equal(isOutdated ? "ServerOutdated" : null, module.Run(call).ErrorId));
        Assert.Equal(isOutdated ? "ServerOutdated" : null, module.Run("& { $TenantTrustPreference = 'Sealed'; Connect-TenantDatabase $admin -WarningAction SilentlyContinue }").ErrorId);
        module.Run("Invoke-TenantQuery -Tenant acme 'select 1' -Connection $c").EnsureSuccess();

        module.Run("$c = Connect-TenantDatabase $admin -Trust Sealed -AllowOutdatedServer -WarningAction SilentlyContinue; $s = New-TenantSession acme").EnsureSuccess();
        Assert.All(calls, call => module.Run(call).EnsureSuccess());
    }

    [Fact]
    public async Task A_warning_that_stops_leaves_no_connection()
    {
        await using var module = await SealedModule.CreateAsync();
        var stopped = module.Run("Connect-TenantDatabase $args[0] -Trust Sealed -WarningAction Stop", module.Database.SuperuserConnectionString);
        Assert.True(stopped.IsTerminated);
        Assert.Empty(stopped.Output);
        Assert.Equal(module.Database.AdminLogin, module.Text("(Get-TenantDatabase).UserName"));
        Assert.Equal(0, module.Run("@(Get-TenantLogin).Count").Single);
    }

    [Fact]
    public async Task A_preference_is_the_scripts_own_and_no_modules_that_it_calls()
    {
        await using var module = await SealedModule.CreateAsync();
        module.Run("$null = New-Module helper { function Get-Title { (Invoke-TenantQuery -Tenant acme 'select title from todo_item').title } }").EnsureSuccess();
        Assert.Equal("a1", module.Text("& { $TenantTrustPreference = 'Sealed'; Get-Title }"));
        Assert.Equal("SealedRequired", module.Run("& { $TenantTrustPreference = 'Sealed'; function inner { Invoke-TenantQuery -Tenant acme 'select 1' }; inner }").ErrorId);
    }

    [Fact]
    public async Task A_preference_holds_for_all_calls_of_a_script()
    {
        await using var module = await SealedModule.CreateAsync();
        var refused = module.Run("& { $TenantTrustPreference = 'sealed'; Invoke-TenantQuery -Tenant acme 'delete from todo_item' }");
        Assert.Equal("SealedRequired", refused.ErrorId);
        Assert.Equal("SealedRequired", module.Run("& { $TenantTrustPreference = 'Sealed'; New-TenantSession acme }").ErrorId);
        Assert.Equal("SealedRequired", module.Run("& { $TenantTrustPreference = 'Scoped'; Invoke-TenantQuery -Tenant acme -RequireSealed 'select 1' }").ErrorId);
        Assert.Equal("a1", module.Text("& { $TenantTrustPreference = 'Sealed'; (Invoke-TenantQuery -Tenant acme -RequireSealed:$false 'select title from todo_item').title }"));
        Assert.Equal("2", module.Text("& { $TenantTrustPreference = 'Sealed'; (Invoke-TenantQuery -AsAdmin 'select count(*) from todo_item').count }"));

        var invalid = module.Run("& { $TenantTrustPreference = 'Seald'; Invoke-TenantQuery -Tenant acme 'select 1' }");
        Assert.Equal("InvalidPreference", invalid.ErrorId);
        Assert.All(["'Scoped'", "'Sealed'"], allowed => Assert.Contains(allowed, invalid.ErrorMessage, StringComparison.Ordinal));

        Assert.Equal("Sealed a1", module.Text($$"""
            & { $TenantTrustPreference = [Tenants.TenantTrust]::Sealed
                $c = Connect-TenantDatabase $admin -AllowOutdatedServer -WarningAction SilentlyContinue
                "$($c.Trust) $({{Title}})" }
            """));
        Assert.Equal("Scoped", module.Text("& { $TenantTrustPreference = 'Sealed'; \"$((Connect-TenantDatabase $admin -Trust Scoped -WarningAction SilentlyContinue).Trust)\" }"));
        Assert.Equal("Sealed", module.Text("& { $TenantTrustPreference = 'Scoped'; \"$((Connect-TenantDatabase $admin -Trust Sealed -WarningAction SilentlyContinue).Trust)\" }"));

        // It was the scope's own.
        Assert.Equal("a1", module.Text($"$null = Connect-TenantDatabase $admin -WarningAction SilentlyContinue; {Title}"));
    }
}
