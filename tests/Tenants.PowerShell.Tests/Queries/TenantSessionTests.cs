using System.Diagnostics;
using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Queries;

public sealed class TenantSessionTests : IAsyncLifetime
{
    private readonly QueryModule _module = new();

    public ValueTask InitializeAsync() => _module.InitializeAsync();

    public ValueTask DisposeAsync() => _module.DisposeAsync();

    [Fact]
    public void What_is_set_in_a_session_stays_there()
    {
        Run("$s = New-TenantSession -Tenant acme; Invoke-TenantQuery -Session $s \"set work_mem = '1234kB'; create temp table t (a int); insert into t values (7)\"");
        Assert.Equal("1234kB", Run("Invoke-TenantQuery -Session $s 'show work_mem' -As Scalar").Single);
        Assert.Equal(7, Run("Invoke-TenantQuery -Session $s 'select a from t' -As Scalar").Single);
        Assert.Equal("acme", Run("Invoke-TenantQuery -Session $s 'select tenants.current_tenant()' -As Scalar").Single);
        Run("Remove-TenantSession $s");
        Assert.Equal("SessionClosed", _module.Run("Invoke-TenantQuery -Session $s 'select 1'").ErrorId);
        Assert.NotEqual("1234kB", Run("Invoke-TenantQuery -Tenant globex 'show work_mem' -As Scalar").Single);
    }

    [Fact]
    public void A_transaction_is_kept_or_undone_as_a_whole_and_nested_ones_by_themselves()
    {
        Run("$s = New-TenantSession acme");
        Run("Start-TenantTransaction $s; Invoke-TenantQuery -Session $s \"insert into todo_item (title) values ('a')\"");
        Assert.Equal(0L, Count("-Tenant acme"));
        Run("Start-TenantTransaction $s; Invoke-TenantQuery -Session $s \"insert into todo_item (title) values ('b') returning id\"");
        Assert.Equal(2, Run("$s.TransactionDepth").Single);
        Assert.Equal(2L, Count("-Session $s"));
        Run("Undo-TenantTransaction $s");
        Assert.Equal(1L, Count("-Session $s"));
        Run("Complete-TenantTransaction $s");
        Assert.Equal(1L, Count("-Tenant acme"));
        Run("Start-TenantTransaction $s; Invoke-TenantQuery -Session $s 'delete from todo_item'; Undo-TenantTransaction $s");
        Assert.Equal(1L, Count("-Tenant acme"));
        Assert.Equal("NoTransaction", _module.Run("Complete-TenantTransaction $s").ErrorId);
    }

    [Fact]
    public void A_failed_transaction_is_explained_and_never_committed()
    {
        Run("$s = New-TenantSession acme; Start-TenantTransaction $s; Invoke-TenantQuery -Session $s \"insert into todo_item (title) values ('a')\"; Start-TenantTransaction $s");
        Assert.Equal("22012", ((TenantException)_module.Run("Invoke-TenantQuery -Session $s 'select 1 / 0'").Errors[0].Exception).SqlState);
        Assert.Equal("Failed", Run("\"$($s.State)\"").Single);
        Assert.Equal("TransactionAborted", _module.Run("Invoke-TenantQuery -Session $s 'select 1'").ErrorId);
        Assert.Equal("TransactionAborted", _module.Run("Complete-TenantTransaction $s").ErrorId);
        Run("Undo-TenantTransaction $s");
        Assert.Equal("InTransaction", Run("\"$($s.State)\"").Single);
        Assert.Equal(1L, Count("-Session $s"));
        Run("Complete-TenantTransaction $s");
        Assert.Equal(1L, Count("-Tenant acme"));
    }

    [Fact]
    public void An_error_before_anything_was_sent_fails_no_transaction()
    {
        Run("$s = New-TenantSession acme; Start-TenantTransaction $s");
        Assert.Equal("ParameterNotSupported", _module.Run("Invoke-TenantQuery -Session $s 'select @a' @{ a = \"x`0y\" }").ErrorId);
        Assert.Equal("ParameterMissing", _module.Run("Invoke-TenantQuery -Session $s 'select @a'").ErrorId);
        Assert.Equal("InTransaction", Run("\"$($s.State)\"").Single);
    }

    [Fact]
    public void In_a_transaction_texts_find_their_types_and_odd_columns_come_out()
    {
        Run("$s = New-TenantSession acme; Start-TenantTransaction $s");
        Assert.Equal("x!", Run("Invoke-TenantQuery -Session $s 'select concat(@a, $$!$$)' @{ a = 'x' } -As Scalar").Single);
        Assert.Equal("[1,5)", Run("Invoke-TenantQuery -Session $s 'select int4range(1, 5)' -As Scalar").Single);
        Assert.Equal("[1,5)", Run("Invoke-TenantQuery -Session $s 'select int4range(1, 5)' -As Scalar").Single);
        Run("Complete-TenantTransaction $s");
    }

    [Fact]
    public void A_limit_in_a_transaction_holds_for_its_call_only()
    {
        Run("$s = New-TenantSession acme; Invoke-TenantQuery -Session $s \"set statement_timeout = '77s'\"; Start-TenantTransaction $s");
        Assert.Equal("5s", Run("Invoke-TenantQuery -Session $s 'show statement_timeout' -Timeout 5 -As Scalar").Single);
        Assert.Equal("6s", Run("Invoke-TenantQuery -Session $s 'show statement_timeout' -Timeout 6 -As Scalar").Single);
        Assert.Equal("77s", Run("Invoke-TenantQuery -Session $s 'show statement_timeout' -As Scalar").Single);
    }

    [Fact]
    public void Isolation_level_and_read_only_are_those_of_the_transaction()
    {
        Run("$s = New-TenantSession acme; Start-TenantTransaction $s -IsolationLevel RepeatableRead -ReadOnly");
        Assert.Equal("repeatable read", Run("Invoke-TenantQuery -Session $s 'show transaction_isolation' -As Scalar").Single);
        Assert.Equal(0L, Count("-Session $s"));
        Run("Invoke-TenantQuery -Tenant acme \"insert into todo_item (title) values ('a')\"");
        Assert.Equal(0L, Count("-Session $s"));
        Assert.Equal("25006", ((TenantException)_module.Run("Invoke-TenantQuery -Session $s 'delete from todo_item'").Errors[0].Exception).SqlState);
        Run("Undo-TenantTransaction $s; Start-TenantTransaction $s");
        Assert.Equal("NestedTransactionOption", _module.Run("Start-TenantTransaction $s -ReadOnly").ErrorId);
    }

    [Fact]
    public void A_session_in_its_own_pipeline_is_an_error_and_never_a_hang()
    {
        var result = _module.Run("$s = New-TenantSession acme; Invoke-TenantQuery -Session $s 'select i from generate_series(1, 2) i' | & { process { Invoke-TenantQuery -Session $s 'select 1' } }");
        Assert.Equal("SessionBusy", result.ErrorId);
        Assert.Equal(1, Run("Invoke-TenantQuery -Session $s 'select 1' -As Scalar").Single);
        Assert.Equal(2, Run("Invoke-TenantQuery -Session $s 'select i from generate_series(1, 2) i' | & { process { Invoke-TenantQuery -Tenant acme 'select 1' } }").Output.Count);
    }

    [Fact]
    public void A_session_removed_in_its_own_pipeline_ends_the_query_with_an_error()
    {
        var result = _module.Run("$s = New-TenantSession acme; Invoke-TenantQuery -Session $s 'select i from generate_series(1, 100000) i' | & { process { Remove-TenantSession $s } }");
        Assert.Equal("SessionClosed", result.ErrorId);
    }

    [Fact]
    public void A_query_cut_short_leaves_the_transaction_as_it_was_before_it()
    {
        Run("$s = New-TenantSession acme; Start-TenantTransaction $s; Invoke-TenantQuery -Session $s \"insert into todo_item (title) values ('a')\"");
        var result = _module.Run("""
            try { Invoke-TenantQuery -Session $s "insert into todo_item (title) select 'b' from generate_series(1, 5) returning id" | & { process { throw 'enough' } } } catch { }
            """);
        Assert.Contains(result.Warnings, w => w.Contains("undone", StringComparison.Ordinal));
        Assert.Equal("InTransaction", Run("\"$($s.State)\"").Single);
        Assert.Equal(1L, Count("-Session $s"));
        Run("try { Invoke-TenantQuery -Session $s 'select i, pg_sleep(case when i > 3000 then 60 else 0 end) from generate_series(1, 4000) i' | & { process { throw 'enough' } } } catch { }; Complete-TenantTransaction $s");
        Assert.Equal(1L, Count("-Tenant acme"));
    }

    [Fact]
    public async Task A_session_whose_connection_died_says_so()
    {
        Run("$s = New-TenantSession acme; Start-TenantTransaction $s");
        await TestDatabase.ColumnAsync<bool>(_module.Database.Superuser, "select pg_terminate_backend($1)", Run("$s.ProcessId").Single);
        await Task.Delay(200);
        Assert.Equal("SessionLost", _module.Run("Invoke-TenantQuery -Session $s 'select 1'").ErrorId);
        Assert.Equal("SessionLost", _module.Run("Complete-TenantTransaction $s").ErrorId);
        Assert.Equal("Lost", Run("\"$($s.State)\"").Single);
        Run("Remove-TenantSession $s");
    }

    [Fact]
    public async Task Sessions_are_listed_and_end_with_their_connection()
    {
        Run("$a = New-TenantSession acme, globex");
        Assert.Equal(["acme", "globex"], Run("Get-TenantSession").Output.Select(s => s.Properties["Tenant"].Value));
        Assert.Equal("globex", Run("(Get-TenantSession g*).Tenant").Single);
        var pids = Run("$a.ProcessId").Output.Select(p => (int)p.BaseObject).ToArray();
        Run("Disconnect-TenantDatabase");
        Assert.Equal("Closed Closed", Run("\"$($a[0].State) $($a[1].State)\"").Single);
        for (var watch = Stopwatch.StartNew(); watch.Elapsed < TimeSpan.FromSeconds(5);)
        {
            if (await TestDatabase.ScalarAsync<long>(_module.Database.Superuser, "select count(*) from pg_stat_activity where pid = any($1)", pids) == 0)
            {
                return;
            }
        }

        Assert.Fail("The server still has the sessions.");
    }

    [Fact]
    public void A_session_for_nobody_is_refused()
    {
        var result = _module.Run("New-TenantSession acmee");
        Assert.Equal("TenantNotFound", result.ErrorId);
        Assert.Contains("'acme'", result.ErrorMessage, StringComparison.Ordinal);
        Assert.Equal("acmee", Run("(New-TenantSession acmee -CreateIfMissing).Tenant").Single);
    }

    private long Count(string parameters) => (long)Run($"Invoke-TenantQuery {parameters} 'select count(*) from todo_item' -As Scalar").Single!;

    private ScriptResult Run(string script, params object?[] arguments) => _module.Run(script, arguments).EnsureSuccess();
}
