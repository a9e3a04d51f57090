using System.Data;
using System.Diagnostics;
using System.Management.Automation;
using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Queries;

public sealed class InvokeTenantQueryTests : IAsyncLifetime
{
    private readonly QueryModule _module = new();

    public ValueTask InitializeAsync() => _module.InitializeAsync();

    public ValueTask DisposeAsync() => _module.DisposeAsync();

    [Fact]
    public void Rows_are_objects_with_a_property_for_each_column()
    {
        Run("Invoke-TenantQuery -Tenant acme \"insert into todo_item (title) values ('a'), (null)\"");
        var rows = Run("Invoke-TenantQuery -Tenant acme 'select id, title, id from todo_item order by id'").Output;
        Assert.Equal(["id", "title", "id_2"], rows[0].Properties.Select(p => p.Name));
        Assert.Equal(["a", null], rows.Select(r => r.Properties["title"].Value));
        Assert.Empty(Run("Invoke-TenantQuery -Tenant globex 'select * from todo_item'").Output);
    }

    [Fact]
    public void Over_several_tenants_each_object_says_whose_it_is()
    {
        var rows = Run("Invoke-TenantQuery -Tenant acme, globex 'insert into todo_item (title) values ($1) returning tenant, title' -Parameter @(,'x') -KeepOrder").Output;
        Assert.Equal(["Tenant", "tenant_2", "title"], rows[0].Properties.Select(p => p.Name));
        Assert.Equal(["acme", "globex"], rows.Select(r => r.Properties["Tenant"].Value));
        Assert.Equal([1L, 1L], Run("Get-Tenant | Invoke-TenantQuery 'select count(*) from todo_item'").Output.Select(r => r.Properties["count"].Value));
        Assert.Equal(["acme", "globex"], Run("Invoke-TenantQuery -AllTenants 'select 1' -As Count -KeepOrder").Output.Select(r => r.Properties["Tenant"].Value));
        Assert.Equal("2", Run("\"$(Invoke-TenantQuery -AsAdmin 'select count(*) from tenants.tenant' -As Scalar)\"").Single);
    }

    [Fact]
    public void One_tenants_failure_is_one_error_that_names_it()
    {
        var result = _module.Run("Invoke-TenantQuery -Tenant acme, nobody, globex 'select 1 as one'");
        Assert.Equal(2, result.Output.Count);
        Assert.False(result.IsTerminated);
        var error = Assert.Single(result.Errors);
        Assert.StartsWith("TenantNotFound", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal("nobody", error.TargetObject);
        result = _module.Run("Invoke-TenantQuery -Tenant acme, globex \"select case when tenants.current_tenant() = 'acme' then 1 / (select 0) end\"");
        Assert.Contains("'acme'", Assert.Single(result.Errors).Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_single_tenants_failure_ends_the_call()
    {
        var result = _module.Run("$ErrorActionPreference = 'Stop'; Invoke-TenantQuery -Tenant acme 'selec 1'; 'went on'");
        Assert.Empty(result.Output);
        Assert.Equal("42601", Assert.IsType<TenantException>(result.Errors[0].Exception).SqlState);
        Assert.Equal("caught TenantNotFound", _module.Run("try { Invoke-TenantQuery -Tenant acmee 'select 1' } catch [Tenants.TenantException] { \"caught $($_.Exception.ErrorId)\" }").Single);
    }

    [Theory]
    [InlineData("-Parameter @{ a = 1; b = 'x' }")]
    [InlineData("-Parameter @{ '@A' = 1; B = 'x' }")]
    [InlineData("-Parameter ([pscustomobject]@{ a = 1; b = 'x'; c = { } })")]
    [InlineData("@{ a = 1; b = 'x' }")]
    public void Parameters_come_by_name(string parameter) =>
        Assert.Equal("1x", Run($"Invoke-TenantQuery -Tenant acme 'select @a::text || @b' {parameter} -As Scalar").Single);

    [Fact]
    public void Parameters_come_by_position()
    {
        Assert.Equal("1x", Run("Invoke-TenantQuery -Tenant acme 'select $1::text || $2' 1, x -As Scalar").Single);
        Assert.Equal(5, Run("Invoke-TenantQuery -Tenant acme 'select $1' 5 -As Scalar").Single);
        Assert.Equal("ParameterMissing", _module.Run("Invoke-TenantQuery -Tenant acme 'delete from todo_item where id = @id'").ErrorId);
    }

    [Fact]
    public void Values_of_PowerShell_go_there_and_back()
    {
        var json = Run("""(Invoke-TenantQuery -Tenant acme 'select @j::jsonb as j' @{ j = [pscustomobject]@{ a = 1; b = @('x', $null); c = [ordered]@{ d = $true } } }).j""").Single;
        Assert.Equal("""{"a": 1, "b": ["x", null], "c": {"d": true}}""", json);
        Assert.True((bool)Run("""
            $ids = foreach ($i in 1..3) { $i }
            $now = [datetime]::Now
            $row = Invoke-TenantQuery -Tenant acme 'select @ids as ids, @n as n, @d as d, @g as g, @b as b, @t as t, @m as m' @{
                ids = $ids; n = $null; d = $now; g = [guid]'8f1c9b1e-0000-4000-8000-000000000001'; b = [byte[]](1, 2); t = [timespan]'01:02:03'; m = 1.5d }
            ($row.ids -join ',') -eq '1,2,3' -and $null -eq $row.n -and [math]::Abs(($row.d - $now).TotalSeconds) -lt 0.001 -and $row.g -is [guid] -and
                $row.b.Length -eq 2 -and $row.t -eq [timespan]'01:02:03' -and $row.m -is [decimal] -and $row.d -lt (Get-Date).AddMinutes(1) -and $row.d -gt (Get-Date).AddMinutes(-1)
            """.Replace("Get-Date", "[datetime]::Now", StringComparison.Ordinal).Replace("([datetime]::Now)", "[datetime]::Now", StringComparison.Ordinal)).Single!);
    }

    [Fact]
    public void The_form_is_chosen()
    {
        Run("Invoke-TenantQuery -Tenant acme \"insert into todo_item (title) values ('a'), ('b'), ('c')\"");
        Assert.Equal(3L, Run("Invoke-TenantQuery -Tenant acme 'select * from todo_item' -As Count").Single);
        Assert.Equal(2L, Run("Invoke-TenantQuery -Tenant acme \"delete from todo_item where title < 'c'\" -As Count").Single);
        Assert.Equal(1L, Run("Invoke-TenantQuery -Tenant acme \"with x as (select 1) update todo_item set title = 'c' from x\" -As Count").Single);
        Assert.Equal("c", Run("Invoke-TenantQuery -Tenant acme 'select title from todo_item' -As Scalar").Single);
        Assert.Null(Run("Invoke-TenantQuery -Tenant acme 'select title from todo_item where false' -As Scalar").Single);
        var table = Assert.IsType<DataTable>(Run("Invoke-TenantQuery -Tenant acme 'select 1.5 as n, title, null::int as i, null::numeric as z from todo_item' -As DataTable").Single);
        Assert.Equal([typeof(decimal), typeof(string), typeof(int), typeof(decimal)], table.Columns.Cast<DataColumn>().Select(c => c.DataType));
        Assert.Equal([1.5m, "c", DBNull.Value, DBNull.Value], table.Rows[0].ItemArray);
    }

    [Fact]
    public void A_file_is_run_as_a_script()
    {
        var file = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.sql");
        try
        {
            File.WriteAllText(file, "-- first\ninsert into todo_item (title) values (@t);\nselect title from todo_item;\n");
            Assert.Equal("x", Run("(Invoke-TenantQuery -Tenant acme -File $args[0] -Parameter @{ t = 'x' }).title", file).Single);
            Assert.Equal("QueryAmbiguous", _module.Run("Invoke-TenantQuery -Tenant acme 'select 1' -File $args[0]", file).ErrorId);
        }
        finally
        {
            File.Delete(file);
        }

        Assert.Equal("FileNotFound", _module.Run("Invoke-TenantQuery -Tenant acme -File $args[0]", file).ErrorId);
    }

    [Fact]
    public async Task A_consumer_that_has_seen_enough_ends_the_query_on_the_server()
    {
        var watch = Stopwatch.StartNew();
        var result = Run("""
            function Select-Two { process { $_; if (++$script:seen -eq 2) { throw 'enough' } } }
            $seen = 0
            try { Invoke-TenantQuery -Tenant acme 'select i, repeat($1, 200), pg_sleep(case when i > 2000 then 60 else 0 end) from generate_series(1, 3000) i' @(,'x') | Select-Two } catch { }
            """);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"It took {watch.Elapsed}.");
        Assert.Equal(2, result.Output.Count);
        Assert.Equal(1, Run("Invoke-TenantQuery -Tenant acme 'select 1' -As Scalar").Single);
        Assert.Equal(0L, await ActiveAsync());
    }

    [Fact]
    public void A_first_row_is_there_before_the_last_is_made()
    {
        var seconds = (double)Run("""
            $watch = [Diagnostics.Stopwatch]::StartNew()
            $first = $null
            Invoke-TenantQuery -Tenant acme 'select i, repeat($1, 200), pg_sleep(case when i = 1000 then 2 else 0 end) from generate_series(1, 1000) i' @(,'x') | & { process { if ($null -eq $first) { $first = $watch.Elapsed.TotalSeconds; $first } } }
            """).Single!;
        Assert.True(seconds < 1.9, $"The first row came after {seconds} s.");
    }

    [Fact]
    public async Task Stopping_the_pipeline_cancels_on_the_server_within_a_second()
    {
        Run("Invoke-TenantQuery -Tenant acme 'select 1'");
        var watch = Stopwatch.StartNew();
        _module.Runner.RunAndStop("Invoke-TenantQuery -Tenant acme 'select pg_sleep(60)'", TimeSpan.FromSeconds(1));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(2.5), $"It took {watch.Elapsed}.");
        Assert.Equal(0L, await ActiveAsync());
        Assert.Equal(1, Run("Invoke-TenantQuery -Tenant acme 'select 1' -As Scalar").Single);
    }

    [Fact]
    public void A_limit_is_an_error_of_its_own() =>
        Assert.Equal("StatementTimeout", _module.Run("Invoke-TenantQuery -Tenant acme 'select pg_sleep(30)' -Timeout 0.3").ErrorId);

    [Fact]
    public void Notices_go_to_their_streams()
    {
        var result = Run("Invoke-TenantQuery -Tenant acme \"do `$`$ begin raise notice 'hello'; raise warning 'careful'; end `$`$\"");
        Assert.Equal(["hello"], result.Information);
        Assert.Equal(["careful"], result.Warnings);
    }

    [Fact]
    public void A_missing_tenant_is_made_where_that_is_asked()
    {
        Assert.Equal("TenantNotFound", _module.Run("Invoke-TenantQuery -Tenant initech 'select 1'").ErrorId);
        Assert.Equal("initech", Run("Invoke-TenantQuery -Tenant initech 'select tenants.current_tenant()' -CreateIfMissing -As Scalar").Single);
        Assert.Equal("initech", Run("(Get-Tenant initech).Tenant").Single);
    }

    [Theory]
    [InlineData("explain (analyze, costs off) insert into todo_item (title) values ('x')")]
    [InlineData("select write_one()")]
    public async Task Under_WhatIf_a_read_that_writes_is_shown_and_changes_nothing(string sql)
    {
        await _module.Database.ExecuteAsync(
            "create function write_one() returns int language sql as $$ insert into public.todo_item (title) values ('x') returning id $$");
        Assert.Empty(Run("Invoke-TenantQuery -Tenant acme $args[0] -WhatIf", sql).Output);
        Assert.Equal(0L, Run("Invoke-TenantQuery -Tenant acme 'select count(*) from todo_item' -As Scalar").Single);
        Run("$null = Invoke-TenantQuery -Tenant acme $args[0]", sql);
        Assert.Equal(1L, Run("Invoke-TenantQuery -Tenant acme 'select count(*) from todo_item' -As Scalar").Single);
    }

    [Fact]
    public void A_query_of_nobody_names_the_ways_to_say_whose_it_is() =>
        Assert.Equal("TenantRequired", _module.Run("Invoke-TenantQuery 'select 1'").ErrorId);

    [Fact]
    public void WhatIf_asks_before_it_changes_and_not_before_it_reads()
    {
        var result = Run("Invoke-TenantQuery -Tenant acme \"insert into todo_item (title) values ('x')\" -WhatIf");
        Assert.Contains("insert into todo_item", result.Host, StringComparison.Ordinal);
        Assert.Equal(0L, Run("Invoke-TenantQuery -Tenant acme 'select count(*) from todo_item' -As Scalar -WhatIf").Single);
    }

    private ScriptResult Run(string script, params object?[] arguments) => _module.Run(script, arguments).EnsureSuccess();

    private async Task<long> ActiveAsync() => await TestDatabase.ScalarAsync<long>(
        _module.Database.Superuser, "select count(*) from pg_stat_activity where state = 'active' and datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'");
}
