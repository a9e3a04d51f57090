using System.Management.Automation;
using Npgsql;
using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Sealed;

/// <summary>Logins that were there before: one that a DBA made for this is taken over, and nobody else's.</summary>
public class TakeOverTests
{
    private const string Verifier = "select rolpassword from pg_authid where rolname = $1";

    [Theory]
    [InlineData("owns", "create schema {name}; create table {name}.important (id int); alter schema {name} owner to {name}; alter table {name}.important owner to {name}")]
    [InlineData("belongs", "create role {name}_group; grant {name}_group to {name}")]
    [InlineData("superuser", "alter role {name} superuser")]
    [InlineData("CREATEROLE", "alter role {name} createrole")]
    [InlineData("admin of the tenants", "grant {admin} to {name}")]
    [InlineData("rights", "create table public.secret (id int); grant select on public.secret to {name}")]
    [InlineData("this connection", "select 1", true)]
    public async Task A_login_that_is_good_for_more_is_left_alone(string reason, string what, bool isSelf = false)
    {
        await using var module = await SealedModule.CreateAsync();
        var name = isSelf ? module.Database.AdminLogin : (await module.Database.CreateLoginAsync("other")).Name;
        var admin = await module.Database.ScalarAsync<string>("select quote_ident(value) from tenants.setting where name = 'admin_role'");
        await TestDatabase.ExecuteAsync(
            module.Database.Superuser, what.Replace("{name}", name, StringComparison.Ordinal).Replace("{admin}", admin, StringComparison.Ordinal));
        var before = await TestDatabase.ScalarAsync<string>(module.Database.Superuser, Verifier, name);

        var refused = module.Run("New-TenantLogin -App -Name $args[0] -Confirm:$false", name);

        Assert.Equal("LoginUnfit", refused.ErrorId);
        Assert.Contains(reason, refused.ErrorMessage, StringComparison.Ordinal);
        Assert.Empty(refused.Output);
        Assert.Empty(module.Run("Get-TenantLogin").EnsureSuccess().Output);
        Assert.Equal(before, await TestDatabase.ScalarAsync<string>(module.Database.Superuser, Verifier, name));
    }

    [Fact]
    public async Task Taking_over_is_asked_about_and_removing_leaves_the_login_as_it_was()
    {
        await using var module = await SealedModule.CreateAsync();
        var (name, connectionString) = await module.Database.CreateLoginAsync("svc", "connection limit 7");
        var password = new NpgsqlConnectionStringBuilder(connectionString).Password!;
        var before = await TestDatabase.ScalarAsync<string>(module.Database.Superuser, Verifier, name);

        Assert.Contains("Take over the login", module.Run("New-TenantLogin -App -Name $args[0] -WhatIf", name).EnsureSuccess().Host, StringComparison.Ordinal);
        Assert.Equal("ConfirmationNeeded", module.Run("New-TenantLogin -App -Name $args[0]", name).ErrorId);
        module.Runner.Answer = false;
        Assert.Empty(module.Run("New-TenantLogin -App -Name $args[0]", name).EnsureSuccess().Output);
        Assert.Empty(module.Run("Get-TenantLogin").EnsureSuccess().Output);
        module.Runner.Answer = true;
        var taken = module.Run("$made = New-TenantLogin -App -Name $args[0] -ConnectionLimit 3; $null -eq $made.Credential", name).EnsureSuccess();
        Assert.Contains(name, Assert.Single(taken.Questions), StringComparison.Ordinal);
        Assert.Equal(true, taken.Single);
        Assert.Contains("connection limit stay", Assert.Single(taken.Warnings), StringComparison.Ordinal);
        Assert.Equal("True", module.Text("(Get-TenantLogin).IsAdopted"));
        Assert.Equal(before, await TestDatabase.ScalarAsync<string>(module.Database.Superuser, Verifier, name));

        module.Run("$credential = $args[0]; $c = Connect-TenantDatabase $place -AppCredential $credential -Key $made.Key -WarningAction SilentlyContinue", Credential(name, password)).EnsureSuccess();
        Assert.Equal("a1", module.Text("(Invoke-TenantQuery -Tenant acme 'select title from todo_item').title"));
        module.Run("$null = Connect-TenantDatabase $admin -WarningAction SilentlyContinue").EnsureSuccess();

        // What it made since is its own, and so is its way in.
        await TestDatabase.ExecuteAsync(module.Database.Superuser, $"create table public.kept (id int); alter table public.kept owner to {name}");
        Assert.Empty(module.Run("Get-TenantLogin -Kind App | Remove-TenantLogin -Confirm:$false").EnsureSuccess().Warnings);

        Assert.Empty(module.Run("Get-TenantLogin").EnsureSuccess().Output);
        Assert.Equal(before, await TestDatabase.ScalarAsync<string>(module.Database.Superuser, Verifier, name));
        await using var own = module.Database.CreateSource(connectionString);
        Assert.Equal(0L, await TestDatabase.ScalarAsync<long>(own, "select count(*) from public.kept"));
        Assert.False(await TestDatabase.ScalarAsync<bool>(own, "select exists (select from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname = session_user)"));
        Assert.Equal("KeyRefused", module.Run("Invoke-TenantQuery -Connection $c -Tenant acme 'select 1'").ErrorId is "KeyRefused" or "PermissionDenied" ? "KeyRefused" : "no error");
    }

    [Fact]
    public async Task What_a_dba_gave_is_his_to_take_back()
    {
        await using var module = await SealedModule.CreateAsync();
        var (name, _) = await module.Database.CreateLoginAsync("svc");
        var role = await module.Database.ScalarAsync<string>("select value from tenants.setting where name = 'session_role'");
        await TestDatabase.ExecuteAsync(module.Database.Superuser, $"grant \"{role}\" to {name}; alter role {module.Database.AdminLogin} nocreaterole");
        module.Run("$made = New-TenantLogin -App -Name $args[0] -Confirm:$false -WarningAction SilentlyContinue", name).EnsureSuccess();

        var removed = module.Run("Remove-TenantLogin $made.Name -Confirm:$false").EnsureSuccess();

        var isLeft = await TestDatabase.ScalarAsync<bool>(module.Database.Superuser, $"select pg_has_role('{name}', '{role}', 'member')");
        Assert.Equal(isLeft ? 1 : 0, removed.Warnings.Count);
        Assert.All(removed.Warnings, w => Assert.Contains($"revoke \"{role}\" from \"{name}\";", w, StringComparison.Ordinal));
        Assert.Empty(module.Run("Get-TenantLogin").EnsureSuccess().Output);
    }

    [Fact]
    public async Task The_command_to_run_after_a_dba_can_be_pasted()
    {
        await using var module = await SealedModule.CreateAsync();
        await TestDatabase.ExecuteAsync(module.Database.Superuser, $"alter role {module.Database.AdminLogin} nocreaterole");
        var name = module.Database.Name + " x'y";
        var missing = module.Run("New-TenantLogin -App -Name $args[0]", name);
        Assert.Equal("PermissionDenied", missing.ErrorId);
        Assert.Contains($"New-TenantLogin -App -Name '{module.Database.Name} x''y'\n", missing.ErrorMessage, StringComparison.Ordinal);
        Assert.Contains($"create role \"{name}\" login;", missing.ErrorMessage, StringComparison.Ordinal);
    }

    private static PSCredential Credential(string name, string password) => new(name, new System.Net.NetworkCredential("", password).SecurePassword);
}
