using System.Management.Automation;
using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Sealed;

public class TenantLoginTests
{
    [Fact]
    public async Task A_tenants_login_is_that_tenants_and_ends()
    {
        await using var module = await SealedModule.CreateAsync();
        var made = module.Run("$made = Get-Tenant | New-TenantLogin -ValidFor '1h' -ConnectionLimit 2; $made").EnsureSuccess();
        Assert.Equal(["acme", "globex"], made.Output.Select(o => o.Properties["Tenant"].Value));
        Assert.Equal(["Bound", "Bound"], made.Output.Select(o => $"{o.Properties["Kind"].Value}"));
        Assert.InRange(((DateTime)made.Output[0].Properties["ExpiresAt"].Value - DateTime.Now).TotalMinutes, 55, 65);
        Assert.Null(made.Output[0].Properties["Key"].Value);

        // It logs in by its password and is acme, whatever it says.
        var credential = ((PSCredential)made.Output[0].Properties["Credential"].Value).GetNetworkCredential();
        var login = new Npgsql.NpgsqlConnectionStringBuilder(module.Database.AdminConnectionString) { Username = credential.UserName, Password = credential.Password }.ConnectionString;
        await using var source = module.Database.CreateSource(login);
        Assert.Equal(["a1"], await TestDatabase.ColumnAsync<string>(source, "select title from todo_item"));
        Assert.Equal(2, await TestDatabase.ScalarAsync<int>(module.Database.Superuser, "select rolconnlimit from pg_roles where rolname = $1", credential.UserName));
    }

    [Theory]
    [InlineData("'1h'", 1)]
    [InlineData("'90m'", 1.5)]
    [InlineData("7d", 168)]
    [InlineData("'02:00:00'", 2)]
    [InlineData("([timespan]::FromHours(3))", 3)]
    public async Task How_long_it_lives_is_said_as_people_say_it(string text, double hours)
    {
        await using var module = await SealedModule.CreateAsync();
        var until = (DateTime)module.Run($"(New-TenantLogin acme -ValidFor {text}).ExpiresAt").EnsureSuccess().Single!;
        Assert.InRange((until - DateTime.Now).TotalHours, hours - 0.1, hours + 0.1);
    }

    [Fact]
    public async Task What_is_no_length_of_time_is_refused()
    {
        await using var module = await SealedModule.CreateAsync();
        Assert.All(["5", "'soon'", "''", "'1w'", "'-1h'"], text =>
            Assert.Equal("ParameterArgumentTransformationError", module.Run($"New-TenantLogin acme -ValidFor {text}").ErrorId));
        Assert.All(["'0s'", "'-01:00:00'", "'40000d'"], text => Assert.Equal("InvalidDuration", module.Run($"New-TenantLogin acme -ValidFor {text}").ErrorId));
        Assert.Equal("InvalidDuration", module.Run("Reset-TenantKey x -Grace '-01:00:00'").ErrorId);
        Assert.Empty(module.Run("Get-TenantLogin").EnsureSuccess().Output);
    }

    [Fact]
    public async Task Logins_are_listed_by_name_tenant_and_kind()
    {
        await using var module = await SealedModule.CreateAsync();
        var name = module.Database.Name + "_svc";
        module.Run("$null = New-TenantLogin acme; $null = New-TenantLogin globex; $null = New-TenantLogin -App -Name $args[0]", name).EnsureSuccess();
        Assert.Equal(3, module.Run("@(Get-TenantLogin).Count").Single);
        Assert.Equal("acme", module.Text("(Get-TenantLogin -Tenant 'ac*').Tenant"));
        var app = Assert.IsType<TenantLogin>(module.Run("Get-TenantLogin *_svc -Kind App").EnsureSuccess().Single);
        Assert.Equal((name, TenantLoginKind.App, module.Database.AdminLogin, (DateTime?)null), (app.Name, app.Kind, app.CreatedBy, app.ExpiresAt));
        Assert.Empty(module.Run("Get-TenantLogin nothing*").EnsureSuccess().Output);
        var missing = module.Run("Get-TenantLogin nothing, $args[0]", name);
        Assert.Equal("LoginNotFound", missing.ErrorId);
        Assert.Single(missing.Output);
    }

    [Fact]
    public async Task One_that_cannot_be_made_does_not_stop_the_others()
    {
        await using var module = await SealedModule.CreateAsync();
        var result = module.Run("New-TenantLogin nobody, \"t`tab\", acme");
        Assert.False(result.IsTerminated);
        Assert.Equal(["TenantNotFound", "InvalidTenant"], result.Errors.Select(e => e.FullyQualifiedErrorId.Split(',')[0]));
        Assert.Equal("acme", Assert.Single(result.Output).Properties["Tenant"].Value);
        Assert.Equal("LoginExists", module.Run("New-TenantLogin acme, globex -Name x").ErrorId);
    }

    [Fact]
    public async Task Whatif_makes_nothing_and_removing_asks()
    {
        await using var module = await SealedModule.CreateAsync();
        Assert.Contains("acme", module.Run("New-TenantLogin acme -WhatIf").EnsureSuccess().Host, StringComparison.Ordinal);
        Assert.Empty(module.Run("Get-TenantLogin").EnsureSuccess().Output);
        module.Run("$made = New-TenantLogin acme; $app = New-TenantLogin -App").EnsureSuccess();
        Assert.Contains(module.Text("$app.Name")!, module.Run("Reset-TenantKey $app.Name -WhatIf; $made | Remove-TenantLogin -WhatIf").EnsureSuccess().Host, StringComparison.Ordinal);
        Assert.Equal("ConfirmationNeeded", module.Run("Remove-TenantLogin $made.Name").ErrorId);
        Assert.Equal(2, module.Run("@(Get-TenantLogin).Count").Single);
        module.Runner.Answer = true;
        Assert.Single(module.Run("Get-TenantLogin -Kind Bound | Remove-TenantLogin").EnsureSuccess().Questions);
        Assert.Equal("App", module.Text("\"$((Get-TenantLogin).Kind)\""));
        Assert.Equal("LoginNotFound", module.Run("Remove-TenantLogin $made.Name -Confirm:$false").ErrorId);
        Assert.Equal(0L, await TestDatabase.ScalarAsync<long>(module.Database.Superuser, "select count(*) from pg_roles where rolname = $1", module.Text("$made.Name")));
    }

    [Fact]
    public async Task Another_key_replaces_the_former_when_its_grace_is_over()
    {
        await using var module = await SealedModule.CreateAsync();
        var result = module.Run("""
            function titleBy($key) {
                $ErrorActionPreference = 'Stop'
                $c = Connect-TenantDatabase $place -AppCredential $made.Credential -Key $key -WarningAction SilentlyContinue
                (Invoke-TenantQuery -Tenant acme 'select title from todo_item' -Connection $c).title
                Disconnect-TenantDatabase $c
            }

            $made = New-TenantLogin -App
            $next = Get-TenantLogin $made.Name | Reset-TenantKey -Grace 1h -Confirm:$false
            titleBy $made.Key
            titleBy $next.Key
            $last = Reset-TenantKey $made.Name -Grace 0s -Confirm:$false
            titleBy $last.Key
            "$($last.Kind) $($null -eq $last.Credential)"
            """).EnsureSuccess();
        Assert.Equal(["a1", "a1", "a1", "App True"], result.Output.Select(o => o.BaseObject));
        Assert.Equal("KeyRefused", module.Run("titleBy $next.Key").ErrorId);
        Assert.Equal("LoginHasNoKey", module.Run("Reset-TenantKey (New-TenantLogin acme).Name").ErrorId);
        Assert.Equal("LoginNotFound", module.Run("Reset-TenantKey nobody").ErrorId);
    }

    [Fact]
    public async Task A_login_that_a_dba_made_keeps_his_password()
    {
        await using var module = await SealedModule.CreateAsync();
        var (name, _) = await module.Database.CreateLoginAsync("dba");
        var role = await module.Database.ScalarAsync<string>("select value from tenants.setting where name = 'session_role'");
        await TestDatabase.ExecuteAsync(module.Database.Superuser, $"grant \"{role}\" to {name}; alter role {module.Database.AdminLogin} nocreaterole");
        var result = module.Run("$made = New-TenantLogin -App -Name $args[0] -Confirm:$false; $null -eq $made.Credential; $made.Key -is [securestring]", name).EnsureSuccess();
        Assert.Equal([true, true], result.Output.Select(o => o.BaseObject));
        Assert.Contains(name, Assert.Single(result.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_says_until_when_each_can_log_in_and_reads_on_a_narrow_screen()
    {
        await using var module = await SealedModule.CreateAsync();
        module.Run("$null = New-TenantLogin acme -ValidFor 1h; $app = New-TenantLogin -App; $gone = New-TenantLogin -App").EnsureSuccess();
        await TestDatabase.ExecuteAsync(module.Database.Superuser, $"alter role \"{module.Text("$gone.Name")}\" nologin");
        var plain = System.Text.RegularExpressions.Regex.Replace(module.Run("Get-TenantLogin | Out-Default").EnsureSuccess().Host, "\u001b\\[[0-9;]*m", "");
        string[] lines = [.. plain.Split('\n').Select(l => l.TrimEnd()).Where(l => l.Length > 0)];

        // Without a screen of its own the host counts as 80 columns wide; a wider one has room for who made it.
        Assert.Equal("Name Kind Tenant LogsInUntil Open", string.Join(' ', lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        Assert.All(lines, line => Assert.True(line.Length <= 80, line));
        Assert.Contains(lines, l => l.Contains("no end", StringComparison.Ordinal) && l.EndsWith(" 0", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("cannot log in", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains(DateTime.Now.AddHours(1).ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_output_shows_a_secret()
    {
        await using var module = await SealedModule.CreateAsync();
        var made = module.Run("$made = New-TenantLogin -App -Verbose -Debug; $reset = Reset-TenantKey $made.Name -Grace 1h -Verbose -Debug; $bound = New-TenantLogin acme -Verbose -Debug; $made; $reset; $bound").EnsureSuccess();
        string[] secrets = [.. module.Run("""
            foreach ($secret in $made.Key, $reset.Key, $made.Credential.Password, $bound.Credential.Password) { [Net.NetworkCredential]::new('', $secret).Password }
            """).EnsureSuccess().Output.Select(o => (string)o.BaseObject)];
        Assert.Equal(4, secrets.Distinct().Count());

        // By each way in which PowerShell writes an object: as text, as its properties, as those of its properties, and serialised.
        var shown = string.Join('\n', made.Output.SelectMany(o => (string[])[
            $"{o}", .. o.Properties.Select(p => $"{p.Name}={p.Value}"),
            .. o.Properties.Where(p => p.Value is not null).SelectMany(p => PSObject.AsPSObject(p.Value).Properties).Select(p => $"{p.Name}={(p.IsGettable ? p.Value : null)}"),
            PSSerializer.Serialize(o, 4)]));
        shown += string.Concat([.. made.Verbose, .. made.Debug]) + made.Host + string.Concat(made.Information) + string.Concat(made.Warnings);
        shown += module.Run("$made, $reset, $bound | Out-Default; Get-TenantLogin | Out-Default; $made.Credential | Out-Default; $made.Key | Out-Default; $Error | Out-Default").EnsureSuccess().Host;
        shown += string.Concat(made.Output.Select(o => System.Text.Json.JsonSerializer.Serialize(o.BaseObject)));
        Assert.Contains(module.Text("$made.Name")!, shown, StringComparison.Ordinal);
        foreach (var secret in secrets)
        {
            // A key's first parts are its form and its name.
            Assert.DoesNotContain(secret[(secret.LastIndexOf('.') + 1)..], shown, StringComparison.Ordinal);
        }

        // The view for people has the columns that say what it is.
        var view = module.Run("$made | Out-Default").EnsureSuccess().Host;
        Assert.All(["Name", "Kind", "Tenant", "ExpiresAt"], column => Assert.Contains(column, view, StringComparison.Ordinal));
        Assert.DoesNotContain("Credential", view, StringComparison.Ordinal);
    }
}
