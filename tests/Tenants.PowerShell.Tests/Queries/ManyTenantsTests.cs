using System.Data;
using System.Diagnostics;
using System.Management.Automation;
using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Queries;

/// <summary>Many tenants at once, as a script sees it.</summary>
public sealed class ManyTenantsTests : IAsyncLifetime
{
    private readonly QueryModule _module = new();

    public async ValueTask InitializeAsync()
    {
        await _module.InitializeAsync();
        await TestDatabase.ExecuteAsync(_module.Database.Superuser, """
            insert into tenants.tenant (id) select 't' || lpad(n::text, 3, '0') from generate_series(1, 150) n;
            insert into todo_item (tenant, title) select id, 'of ' || id from tenants.tenant;
            """);
    }

    public ValueTask DisposeAsync() => _module.DisposeAsync();

    [Theory]
    [InlineData("Get-Tenant | Invoke-TenantQuery 'select title from todo_item' -KeepOrder")]
    [InlineData("Invoke-TenantQuery -AllTenants 'select title from todo_item' -KeepOrder")]
    [InlineData("Invoke-TenantQuery -Tenant (Get-Tenant).Tenant 'select title from todo_item' -KeepOrder -ThrottleLimit 16")]
    [InlineData("Get-Tenant | Invoke-TenantQuery 'select title from todo_item' -ThrottleLimit 1")]
    public void In_order_every_tenant_gives_its_own_rows(string script)
    {
        var rows = Run(script).Output;
        Assert.Equal(152, rows.Count);
        Assert.All(rows, r => Assert.Equal("of " + r.Properties["Tenant"].Value, r.Properties["title"].Value));
        var names = rows.Select(r => (string)r.Properties["Tenant"].Value).ToList();
        Assert.Equal(names.Order(StringComparer.Ordinal), names);
    }

    [Fact]
    public void As_they_come_a_slow_tenant_holds_nobody_up()
    {
        const string Slow = "'select case tenants.current_tenant() when $1 then pg_sleep(1)::text end' t001";
        Assert.NotEqual("t001", Names(Run($"'t001', 't002', 't003' | Invoke-TenantQuery {Slow}"))[0]);
        Assert.Equal("t001", Names(Run($"'t001', 't002', 't003' | Invoke-TenantQuery {Slow} -KeepOrder"))[0]);
    }

    [Fact]
    public void Answered_beforehand_several_write_at_once()
    {
        const string Slow = "'update todo_item set title = title where (select pg_sleep(case tenants.current_tenant() when $1 then 1 else 0 end)) is not null returning title' t001";
        Assert.NotEqual("t001", Names(Run($"'t001', 't002', 't003' | Invoke-TenantQuery {Slow} -Confirm:$false"))[0]);
        _module.Runner.Answer = true;
        Assert.Equal("t001", Names(Run($"'t001', 't002', 't003' | Invoke-TenantQuery {Slow} -Confirm"))[0]);
        Assert.Equal("t001", Names(Run($"$ConfirmPreference = 'Low'; 't001', 't002', 't003' | Invoke-TenantQuery {Slow}"))[0]);
    }

    [Fact]
    public void Each_form_says_whose_it_is()
    {
        Assert.All(Run("Get-Tenant | Invoke-TenantQuery 'select title from todo_item' -As Scalar").Output, r => Assert.Equal("of " + r.Properties["Tenant"].Value, r.Properties["Value"].Value));
        Assert.All(Run("Get-Tenant | Invoke-TenantQuery 'select title from todo_item' -As Count").Output, r => Assert.Equal(1L, r.Properties["Count"].Value));
        Assert.All(Run("Get-Tenant | Invoke-TenantQuery 'select title from todo_item' -As DataTable").Output, r =>
        {
            var table = Assert.IsType<DataTable>(r.BaseObject);
            Assert.Equal("of " + table.TableName, table.Rows[0]["title"]);
        });
    }

    [Fact]
    public void Failures_are_one_error_each_and_the_others_go_on()
    {
        var result = _module.Run("Get-Tenant t00* | Invoke-TenantQuery 'select 1 / (case tenants.current_tenant() when $1 then 0 else 1 end)' t003");
        Assert.Equal(8, result.Output.Count);
        Assert.False(result.IsTerminated);
        var error = Assert.Single(result.Errors);
        Assert.Equal("t003", error.TargetObject);
        Assert.Contains("'t003'", error.Exception.Message, StringComparison.Ordinal);
        Assert.Equal(11, _module.Run("@(Get-Tenant t01*).Tenant + 'nobody' + @(Get-Tenant acme).Tenant | Invoke-TenantQuery 'select 1'").Output.Count);
    }

    [Fact]
    public async Task A_consumer_that_has_seen_enough_ends_all_of_it()
    {
        const string Script = """
            function Select-Two { process { $_; if (++$script:seen -eq 2) { throw 'enough' } } }
            $seen = 0
            try { Get-Tenant | Invoke-TenantQuery 'select pg_sleep(case when tenants.current_tenant() < $1 then 0 else 60 end)' t001 -ThrottleLimit 4 | Select-Two } catch { }
            """;
        await Database("insert into tenants.tenant (id) values ('a'), ('b')");
        var watch = Stopwatch.StartNew();
        Assert.Equal(2, Run(Script).Output.Count);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"It took {watch.Elapsed}.");
        Assert.Equal(0L, await ActiveAsync());
        Assert.Equal(1, Run("Invoke-TenantQuery -Tenant acme 'select 1' -As Scalar").Single);
    }

    [Fact]
    public async Task An_end_of_the_pipeline_elsewhere_ends_all_of_it()
    {
        // Nothing of the cmdlet's is called any more but its Dispose.
        _module.Run("& { 't001'; 't002'; 't003'; [Threading.Thread]::Sleep(1000); throw 'elsewhere' } | Invoke-TenantQuery 'select pg_sleep(60)'");
        Assert.Equal(0L, await ActiveAsync());
    }

    [Fact]
    public async Task Stopping_the_pipeline_cancels_all_on_the_server()
    {
        var watch = Stopwatch.StartNew();
        _module.Runner.RunAndStop("Get-Tenant | Invoke-TenantQuery 'select pg_sleep(60)' -ThrottleLimit 4", TimeSpan.FromSeconds(3));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), $"It took {watch.Elapsed}.");
        Assert.Equal(0L, await ActiveAsync());
        Assert.Equal(152, Run("Invoke-TenantQuery -AllTenants 'select 1'").Output.Count);
    }

    [Fact]
    public void WhatIf_shows_each_and_runs_none()
    {
        var result = Run("Get-Tenant t00* | Invoke-TenantQuery 'delete from todo_item' -WhatIf");
        Assert.Empty(result.Output);
        Assert.Equal(9, result.Host.Split("delete from todo_item").Length - 1);
        Assert.Equal(152L, Run("Invoke-TenantQuery -AllTenants 'select 1 from todo_item' -As Count").Output.Sum(r => (long)r.Properties["Count"].Value));
    }

    [Fact]
    public async Task Under_WhatIf_a_read_that_writes_is_shown_and_no_missing_tenant_is_made()
    {
        await Database("create function write_one() returns int language sql as $$ insert into public.todo_item (title) values ('x') returning id $$");
        var result = Run("Get-Tenant t00* | Invoke-TenantQuery 'select write_one()' -WhatIf");
        Assert.Equal(9, result.Host.Split("select write_one()").Length - 1);
        Assert.Equal(0L, await TestDatabase.ScalarAsync<long>(_module.Database.Superuser, "select count(*) from todo_item where title = 'x'"));
        Assert.Equal(2, _module.Run("'new-1', 'new-2' | Invoke-TenantQuery 'select 1' -CreateIfMissing -WhatIf").Errors.Count);
        Assert.Equal(0, Run("@(Get-Tenant new-*).Count").Single);
    }

    [Fact]
    public void With_Confirm_each_is_asked_about_after_the_last_one_ran()
    {
        _module.Runner.Answer = false;
        var result = Run("Get-Tenant t00* | Invoke-TenantQuery 'delete from todo_item' -Confirm");
        Assert.Equal(9, result.Questions.Count);
        Assert.Equal(9L, Run("Get-Tenant t00* | Invoke-TenantQuery 'select 1 from todo_item' -As Count").Output.Sum(r => (long)r.Properties["Count"].Value));
    }

    [Fact]
    public void Missing_tenants_are_made_where_that_is_asked()
    {
        var result = Run("'new-1', 'acme', 'new-2' | Invoke-TenantQuery 'select tenants.current_tenant()' -CreateIfMissing -As Scalar -Verbose");
        Assert.Equal(["acme", "new-1", "new-2"], result.Output.Select(r => r.Properties["Value"].Value).Order());
        Assert.Equal(2, result.Verbose.Count(v => v.StartsWith("Created the tenant", StringComparison.Ordinal)));
    }

    [Fact]
    public void Notices_and_warnings_reach_their_streams()
    {
        var result = Run("Get-Tenant t00* | Invoke-TenantQuery \"do `$`$ begin raise notice 'hello %', tenants.current_tenant(); raise warning 'careful'; end `$`$\"");
        Assert.Equal(Enumerable.Range(1, 9).Select(n => $"hello t00{n}"), result.Information.Order(StringComparer.Ordinal));
        Assert.Equal(9, result.Warnings.Count);
    }

    [Fact]
    public void Progress_says_how_many_of_how_many_are_done()
    {
        var progress = Run("Invoke-TenantQuery -AllTenants 'select pg_sleep(0.1)' -ThrottleLimit 4").Progress;
        Assert.Contains(progress, p => p.StatusDescription.Contains("of 152 tenants", StringComparison.Ordinal) && p.PercentComplete is > 0 and <= 100);
        Assert.Equal(ProgressRecordType.Completed, progress[^1].RecordType);
        progress = Run("Get-Tenant | Invoke-TenantQuery 'select pg_sleep(0.1)' -ThrottleLimit 4").Progress;
        Assert.Contains(progress, p => p.StatusDescription.Contains("tenants, ", StringComparison.Ordinal) && p.PercentComplete == -1);
    }

    [Fact]
    public void A_query_within_the_pipeline_of_another_has_a_connection_of_its_own()
    {
        var rows = Run("Get-Tenant t01* | Invoke-TenantQuery 'select i from generate_series(1, 2000) i' | & { process { if ($_.i -eq 1) { Invoke-TenantQuery -Tenant $_.Tenant 'select title from todo_item' -As Scalar } } }").Output;
        Assert.Equal(Enumerable.Range(10, 10).Select(n => $"of t0{n}"), rows.Select(r => (string)r.BaseObject).Order(StringComparer.Ordinal));
    }

    private static List<string> Names(ScriptResult result) => [.. result.Output.Select(r => (string)r.Properties["Tenant"].Value)];

    private ScriptResult Run(string script, params object?[] arguments) => _module.Run(script, arguments).EnsureSuccess();

    private Task<int> Database(string sql) => TestDatabase.ExecuteAsync(_module.Database.Superuser, sql);

    private async Task<long> ActiveAsync() => await TestDatabase.ScalarAsync<long>(
        _module.Database.Superuser, "select count(*) from pg_stat_activity where state = 'active' and datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'");
}
