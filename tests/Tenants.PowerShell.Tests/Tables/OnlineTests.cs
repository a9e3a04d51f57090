using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;
using Tenants.PowerShell.Tests.Shell;
using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Tables;

public class OnlineTests
{
    private const string Derive = "-Backfill { select a.tenant from account a where a.id = t.account_id } -WarningAction SilentlyContinue";

    private const string Wrong = "select count(*) from item i join account a on a.id = i.account_id where i.tenant is distinct from a.tenant";

    private const string Tables = """
        create table account (id int primary key, tenant text);
        insert into account select i, 't' || i % 3 from generate_series(1, 30) i;
        create table item (id int generated always as identity primary key, account_id int);
        insert into item (account_id) select 1 + i % 30 from generate_series(1, 300) i;
        """;

    [Fact]
    public async Task A_table_is_prepared_and_enforced_and_taken_back()
    {
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);

        // The text between the braces is SQL: run as PowerShell it would fail.
        var prepared = shell.Run($"Enable-TenantRls item -Online -Phase Prepare -Throttle 0 {Derive}").EnsureSuccess();
        Assert.Equal(TenantRlsState.Prepared, ((TenantRls)prepared.Single!).State);
        Assert.Contains("Prepared", shell.Run("Get-TenantRls | Out-Default").EnsureSuccess().Host, StringComparison.Ordinal);
        var again = shell.Run("Enable-TenantRls item -Online -Phase Prepare -WarningAction SilentlyContinue").EnsureSuccess();
        Assert.Contains(again.Information, i => i.Contains("prepared already", StringComparison.Ordinal));
        Assert.Equal(0, await database.ScalarAsync<long>(Wrong));

        var enforced = shell.Run("Enable-TenantRls item -Online -Phase Enforce -WarningAction SilentlyContinue").EnsureSuccess();
        Assert.Equal(TenantRlsState.On, ((TenantRls)enforced.Single!).State);
        Assert.Contains(enforced.Progress, p => p.StatusDescription.Contains(" of ", StringComparison.Ordinal));
        Assert.Equal(ProgressRecordType.Completed, enforced.Progress[^1].RecordType);

        var back = shell.Run("Disable-TenantRls item -Online -Force").EnsureSuccess();
        Assert.Equal(TenantRlsState.Off, ((TenantRls)back.Single!).State);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-Online")]
    public async Task A_column_that_was_left_is_dropped_later(string online)
    {
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        shell.Run("Enable-TenantRls item -Column org -DefaultTenant acme -WarningAction SilentlyContinue; Disable-TenantRls item -Force -WarningAction SilentlyContinue").EnsureSuccess();
        Assert.Equal("RemoveColumnNeeded", shell.Run($"Disable-TenantRls item {online} -Column org -Force").ErrorId);
        Assert.Contains("-Column", Assert.Single(shell.Run($"Disable-TenantRls item {online} -RemoveColumn -Force").EnsureSuccess().Information), StringComparison.Ordinal);
        Assert.Equal("ColumnNotFound", shell.Run($"Disable-TenantRls item {online} -RemoveColumn -Column orgs -Force").ErrorId);
        shell.Run($"Disable-TenantRls item {online} -RemoveColumn -Column org -Force").EnsureSuccess();
        Assert.Equal(2, await database.ScalarAsync<long>("select count(*) from pg_attribute where attrelid = 'item'::regclass and attnum > 0 and not attisdropped"));
    }

    [Fact]
    public async Task WhatIf_shows_each_transaction_and_changes_nothing()
    {
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        var shown = shell.Run($"Enable-TenantRls item -Online -WhatIf {Derive}").EnsureSuccess();
        Assert.Contains("create index concurrently", shown.Host, StringComparison.Ordinal);
        Assert.Contains("not valid", shown.Host, StringComparison.Ordinal);

        // The limits that a run keeps to: whoever runs what is shown by hand holds nobody up either.
        Assert.Contains("set local statement_timeout = '2s'", shown.Host, StringComparison.Ordinal);
        Assert.DoesNotContain("10s", shown.Host, StringComparison.Ordinal);
        Assert.True(Regex.Count(shown.Host, "(?m)^commit;") > 5);
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from pg_attribute where attrelid = 'item'::regclass and attname = 'tenant'"));
    }

    [Theory]
    [InlineData("-Phase Prepare", "OnlineNeeded")]
    [InlineData("-Throttle 5", "OnlineNeeded")]
    [InlineData("-Online -Backfill { max(id) }", "BackfillInvalid")]
    [InlineData("-Online -Backfill { 'a' } -DefaultTenant acme", "BackfillInvalid")]
    [InlineData("-Online", "DefaultTenantRequired")]
    public async Task What_cannot_be_is_refused(string arguments, string errorId)
    {
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        var result = shell.Run($"Enable-TenantRls item {arguments}");
        Assert.StartsWith(errorId, result.Errors[^1].FullyQualifiedErrorId, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_declared_policy_comes_with_the_rollout_and_is_shown_with_it()
    {
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        using var file = new TemporaryScript("@{ Tables = @{ Table = 'item'; DefaultTenant = 't1'; Policies = @{ Name = 'some'; Kind = 'Restrictive'; Command = 'Select'; Using = 'id > 0 or {tenants_admin}' } } }");
        var shown = shell.Run("Enable-TenantRls -Declaration $args[0] -Online -WhatIf", file.Path).EnsureSuccess();
        Assert.Contains("create policy \"some\"", shown.Host, StringComparison.Ordinal);

        var made = (TenantRls)shell.Run("Enable-TenantRls -Declaration $args[0] -Online -WarningAction SilentlyContinue", file.Path).EnsureSuccess().Single!;
        Assert.Equal(TenantRlsState.On, made.State);
        Assert.Contains("some", made.Policies);
    }

    [Fact]
    public async Task A_declaration_with_a_faulty_policy_changes_nothing_online()
    {
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        using var file = new TemporaryScript("@{ Tables = @{ Table = 'item'; DefaultTenant = 't1'; Policies = @{ Name = 'some'; Kind = 'Restrictive'; Command = 'Select'; Using = 'nothing = 1' } } }");
        Assert.StartsWith("PolicyExpressionInvalid", shell.Run("Enable-TenantRls -Declaration $args[0] -Online -WarningAction SilentlyContinue", file.Path).Errors[^1].FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from pg_attribute where attrelid = 'item'::regclass and attname = 'tenant'"));
    }

    [Fact]
    public async Task A_rollout_of_a_declaration_that_fails_is_not_done_in_another_way()
    {
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        shell.Run("Initialize-TenantDatabase").EnsureSuccess();
        using var file = new TemporaryScript("@{ Tables = @{ Table = 'item'; DefaultTenant = 't1' } }");
        await using var reader = await database.Admin.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await reader.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using var command = new Npgsql.NpgsqlCommand("select count(*) from item", reader, transaction);
        await command.ExecuteScalarAsync(TestContext.Current.CancellationToken);

        // Longer than a step tries, so that it gives up; what would wait for the reader instead would end with him.
        var release = Task.Delay(TimeSpan.FromSeconds(9), TestContext.Current.CancellationToken).ContinueWith(_ => transaction.RollbackAsync(), TaskScheduler.Default).Unwrap();
        var busy = shell.Run("Enable-TenantRls -Declaration $args[0] -Online -RetryFor 3s -WarningAction SilentlyContinue", file.Path);
        await release;
        Assert.StartsWith("TableBusy", busy.Errors[^1].FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from pg_attribute where attrelid = 'item'::regclass and attname = 'tenant'"));
    }

    [Fact]
    public async Task Offline_takes_an_expression_as_well()
    {
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        shell.Run($"Enable-TenantRls item {Derive}").EnsureSuccess();
        Assert.Equal(0, await database.ScalarAsync<long>(Wrong));
    }

    [Fact]
    public async Task Stopped_by_the_user_it_goes_on_when_it_is_run_again()
    {
        await using var database = await CreateAsync();
        await database.ExecuteAsync("create table long_item (id int, title text); insert into long_item select i, repeat('x', 1500) from generate_series(1, 5000) i");
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        shell.RunAndStop("Enable-TenantRls long_item -Online -Backfill { 't' || t.id % 3 } -Throttle 95", TimeSpan.FromSeconds(3));
        var result = shell.Run("Enable-TenantRls long_item -Online -Throttle 0 -Backfill { 't' || t.id % 3 }").EnsureSuccess();
        Assert.Equal(TenantRlsState.On, ((TenantRls)result.Single!).State);
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from pg_index where not indisvalid"));
    }

    [Fact]
    public async Task Killed_at_any_moment_it_goes_on_when_it_is_run_again()
    {
        const int Kills = 5;
        await using var database = await CreateAsync();
        using var shell = ModuleRunner.Connect(database.AdminConnectionString);
        using var script = new TemporaryScript($$"""
            Import-Module '{{ModuleRunner.Manifest}}'
            $null = Connect-TenantDatabase -ConnectionString $args[0] -WarningAction SilentlyContinue
            [Console]::WriteLine('go')
            $null = Enable-TenantRls $args[1] -Online -Throttle 50 {{Derive}}
            """);
        await CreateAsync(database, 0);
        shell.Run($"Enable-TenantRls cut_0.item -Online {Derive}").EnsureSuccess();
        var expected = await CatalogPicture.ReadAsync(database, "cut_0.item");
        var rows = await CatalogPicture.RowsAsync(database, "cut_0.item");
        for (var kill = 1; kill <= Kills; kill++)
        {
            await CreateAsync(database, kill);
            var table = $"cut_{kill.ToString(CultureInfo.InvariantCulture)}.item";
            using (var process = ShellProcess.Start(["-File", script.Path, database.AdminConnectionString, table]))
            {
                Assert.Equal("go", await process.StandardOutput.ReadLineAsync());
                await Task.Delay(Random.Shared.Next(50, 2500));
                process.Kill();
                await process.WaitForExitAsync();
            }

            shell.Run($"Enable-TenantRls {table} -Online -Throttle 0 {Derive}").EnsureSuccess();
            Assert.Equal(expected, await CatalogPicture.ReadAsync(database, table));
            Assert.Equal(rows, await CatalogPicture.RowsAsync(database, table));
            Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from pg_index where not indisvalid"));
        }
    }

    private static async Task<TestDatabase> CreateAsync()
    {
        var database = await TestDatabase.CreateAsync();
        await database.ExecuteAsync(Tables);
        return database;
    }

    private static Task<int> CreateAsync(TestDatabase database, int number) => database.ExecuteAsync(string.Format(
        CultureInfo.InvariantCulture,
        "create schema cut_{0}; create table cut_{0}.item (id int primary key, account_id int, title text); insert into cut_{0}.item select i, 1 + i % 30, repeat('x', 700) from generate_series(1, 4000) i",
        number));
}
