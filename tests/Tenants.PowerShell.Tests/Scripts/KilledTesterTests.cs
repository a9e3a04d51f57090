using System.Diagnostics;
using Tenants.PowerShell.Tests.Shell;
using Tenants.Testing;
using Xunit;

namespace Tenants.PowerShell.Tests.Scripts;

/// <summary>The process that tests a script is killed in the midst of a run: nothing of it stays.</summary>
public sealed class KilledTesterTests
{
    private const string Tables = """
        create table invoice (id int, tenant text, paid boolean);
        insert into invoice values (1, 'acme'), (2, 'globex');
        alter table invoice enable row level security;
        alter table invoice force row level security
        """;

    private const string Picture = """
        select concat_ws('|',
            (select string_agg(i::text, ',' order by i.id) from invoice i),
            (select string_agg(c.relname || c.relforcerowsecurity, ',' order by c.relname) from pg_class c where c.relnamespace = 'public'::regnamespace),
            (select string_agg(r.rolname || r.rolbypassrls || r.rolcanlogin, ',' order by r.rolname) from pg_roles r where r.rolname like current_database() || '%'),
            (select count(*) from pg_prepared_xacts))
        """;

    // In the run as the login, or in the one with all rows in sight, for which a superuser lends BYPASSRLS and an owner lifts FORCE.
    [Theory]
    [InlineData("on", false)]
    [InlineData("on", true)]
    [InlineData("off", false)]
    [InlineData("off", true)]
    public async Task Locks_roles_and_rows_are_as_before(string rowSecurity, bool bySuperuser)
    {
        await using var test = await TestDatabase.CreateAsync();
        await TestDatabase.ExecuteAsync(test.Superuser, $"alter schema public owner to {test.AdminLogin}");
        await test.ExecuteAsync(Tables);
        var before = await TestDatabase.ScalarAsync<string>(test.Superuser, Picture);
        var folder = Directory.CreateTempSubdirectory("tenants-killed-").FullName;
        var script = Path.Combine(folder, "V1.sql");
        await File.WriteAllTextAsync(script, $"""
            update invoice set paid = true;
            create table more (id int);
            select pg_advisory_lock(42);
            do $$ begin if current_setting('row_security') = '{rowSecurity}' then perform pg_sleep(120); end if; end $$;
            """);
        var environment = new Dictionary<string, string> { ["TEST_CONNECTION"] = bySuperuser ? test.SuperuserConnectionString : test.AdminConnectionString };
        using var process = ShellProcess.Start(
            ["-Command", $"Import-Module '{ModuleRunner.Manifest}'; $null = Connect-TenantDatabase -ConnectionString $env:TEST_CONNECTION; Test-TenantScript '{script}'{(bySuperuser ? $" -Login {test.AdminLogin}" : "")}"],
            environment);
        try
        {
            await WaitAsync(async () => await Sleeping(test) == 1, process);
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
            await WaitAsync(async () => await Sleeping(test) == 0, null);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            Directory.Delete(folder, recursive: true);
        }

        Assert.Equal(before, await TestDatabase.ScalarAsync<string>(test.Superuser, Picture));
        Assert.Equal(0, await TestDatabase.ScalarAsync<long>(test.Superuser, "select count(*) from pg_locks l join pg_database d on d.oid = l.database and d.datname = current_database() where l.pid <> pg_backend_pid()"));
    }

    private static Task<long> Sleeping(TestDatabase test) => TestDatabase.ScalarAsync<long>(
        test.Superuser, "select count(*) from pg_stat_activity where datname = current_database() and wait_event = 'PgSleep'");

    private static async Task WaitAsync(Func<Task<bool>> isThere, Process? process)
    {
        for (var until = DateTime.UtcNow + TimeSpan.FromSeconds(60); !await isThere(); await Task.Delay(100))
        {
            Assert.False(process is { HasExited: true }, process is { HasExited: true } ? await process.StandardError.ReadToEndAsync() : "");
            Assert.True(DateTime.UtcNow < until, "it did not come");
        }
    }
}
