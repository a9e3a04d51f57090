using System.Diagnostics;
using System.Net;
using System.Net.NetworkInformation;
using Npgsql;
using Tenants.Engine.Sandbox;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Sandbox;

public sealed class SandboxTests
{
    private static readonly SandboxOptions s_options = new() { Version = TestServer.WantedMajor };

    [Fact]
    public async Task The_login_owns_the_database_and_is_no_superuser()
    {
        await using var sandbox = await PostgresSandbox.StartAsync(s_options with { Database = "Odd \"name\"" });
        await using var source = NpgsqlDataSource.Create(sandbox.GetConnectionString());

        Assert.Equal(TenantSandboxState.Running, sandbox.State);
        Assert.Equal("owner", await TestDatabase.ScalarAsync<string>(source, "select current_user::text"));
        Assert.Equal("Odd \"name\"", await TestDatabase.ScalarAsync<string>(source, "select current_database()::text"));
        Assert.False(await TestDatabase.ScalarAsync<bool>(source, "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"));
        Assert.True(await TestDatabase.ScalarAsync<bool>(source, "select rolcreaterole and rolcreatedb from pg_roles where rolname = current_user"));
        await TestDatabase.ExecuteAsync(source, "create table t (i int); create role somebody; create schema s");
    }

    [Fact]
    public async Task It_asks_for_the_password_and_listens_on_the_loopback_alone()
    {
        await using var sandbox = await PostgresSandbox.StartAsync(s_options);
        var wrong = new NpgsqlConnectionStringBuilder(sandbox.GetConnectionString()) { Password = "wrong" }.ConnectionString;
        await using var connection = new NpgsqlConnection(wrong);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => connection.OpenAsync(TestContext.Current.CancellationToken));

        Assert.Equal(PostgresErrorCodes.InvalidPassword, refused.SqlState);
        var listeners = IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpListeners().Where(listener => listener.Port == sandbox.Port);
        Assert.Equal([IPAddress.Loopback], listeners.Select(listener => listener.Address));
    }

    [Fact]
    public async Task No_property_holds_a_secret()
    {
        await using var sandbox = await PostgresSandbox.StartAsync(s_options);
        var passwords = new[] { sandbox.GetConnectionString(), sandbox.GetSuperuserConnectionString() }
            .Select(text => new NpgsqlConnectionStringBuilder(text).Password!);
        var shown = string.Join('\n', sandbox.GetType().GetProperties().Select(property => property.GetValue(sandbox)).Append(sandbox));

        Assert.All(passwords, password => Assert.DoesNotContain(password, shown, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stopping_removes_server_and_folder_and_may_be_done_twice()
    {
        var sandbox = await PostgresSandbox.StartAsync(s_options);
        var folder = Path.GetDirectoryName(sandbox.DataDirectory)!;
        await using var open = new NpgsqlConnection(sandbox.GetConnectionString());
        await open.OpenAsync(TestContext.Current.CancellationToken);

        await sandbox.DisposeAsync();
        sandbox.Dispose();

        Assert.Equal(TenantSandboxState.Stopped, sandbox.State);
        Assert.False(Directory.Exists(folder));

        // The server removes its pid file a moment before it ends.
        for (var i = 0; i < 50 && IsThere(sandbox.ProcessId); i++)
        {
            await Task.Delay(100);
        }

        Assert.False(IsThere(sandbox.ProcessId));
    }

    [Fact]
    public async Task Several_run_side_by_side()
    {
        var sandboxes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => PostgresSandbox.StartAsync(s_options)));
        try
        {
            Assert.Equal(3, sandboxes.Select(sandbox => sandbox.Port).Distinct().Count());
            Assert.All(sandboxes, sandbox => Assert.Equal(TenantSandboxState.Running, sandbox.State));
        }
        finally
        {
            await Task.WhenAll(sandboxes.Select(sandbox => sandbox.DisposeAsync().AsTask()));
        }
    }

    [Fact]
    public async Task A_server_that_was_killed_is_told_and_leaves_nothing()
    {
        var sandbox = await PostgresSandbox.StartAsync(s_options);
        using (var server = Process.GetProcessById(sandbox.ProcessId))
        {
            server.Kill();
            await server.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.Equal(TenantSandboxState.Crashed, sandbox.State);
        await sandbox.DisposeAsync();
        Assert.False(Directory.Exists(Path.GetDirectoryName(sandbox.DataDirectory)));
    }

    [Fact]
    public async Task The_server_can_be_stopped_and_started_again_on_its_port()
    {
        await using var sandbox = await PostgresSandbox.StartAsync(s_options);
        var port = sandbox.Port;

        await sandbox.StopServerAsync();
        Assert.Equal(TenantSandboxState.Crashed, sandbox.State);
        await sandbox.StartServerAsync(TestContext.Current.CancellationToken);

        Assert.Equal(port, sandbox.Port);
        Assert.Equal(TenantSandboxState.Running, sandbox.State);
    }

    [Fact]
    public async Task Started_by_root_the_server_is_somebody_elses()
    {
        Assert.SkipUnless(!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess, "not started as root");
        await using var sandbox = await PostgresSandbox.StartAsync(s_options);

        var status = await File.ReadAllLinesAsync($"/proc/{sandbox.ProcessId}/status", TestContext.Current.CancellationToken);

        Assert.DoesNotContain(status, line => line.StartsWith("Uid:\t0", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Only_its_user_can_look_into_its_folder()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Unix rights");
        await using var sandbox = await PostgresSandbox.StartAsync(s_options);

        var mode = File.GetUnixFileMode(Path.GetDirectoryName(sandbox.DataDirectory)!);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, mode);
    }

    [Fact]
    public async Task A_server_that_does_not_start_quotes_its_log()
    {
        var options = s_options with { Settings = new Dictionary<string, string> { ["shared_preload_libraries"] = "no_such_library" } };

        var failure = await Assert.ThrowsAsync<TenantException>(() => PostgresSandbox.StartAsync(options, cancellationToken: TestContext.Current.CancellationToken));

        Assert.Equal("SandboxStartFailed", failure.ErrorId);
        Assert.Contains("no_such_library", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_start_that_is_cancelled_leaves_nothing()
    {
        using var stop = new CancellationTokenSource();
        string? status = null;
        var progress = new Callback(report =>
        {
            status = report.Status;
            if (report.Status.StartsWith("Starting", StringComparison.Ordinal))
            {
                stop.Cancel();
            }
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => PostgresSandbox.StartAsync(s_options, progress, stop.Token));

        Assert.StartsWith("Starting", status, StringComparison.Ordinal);
    }

    private static bool IsThere(int processId) => Process.GetProcesses().Any(process => process.Id == processId);

    private sealed class Callback(Action<SandboxProgress> action) : IProgress<SandboxProgress>
    {
        public void Report(SandboxProgress value) => action(value);
    }
}
