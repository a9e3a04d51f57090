using Tenants.Engine.Sandbox;
using Xunit;

namespace Tenants.Engine.Tests.Sandbox;

public sealed class FindingPostgresTests
{
    [Fact]
    public async Task A_folder_without_its_programs_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();

        var failure = await FailAsync(new SandboxOptions { BinaryPath = folder.Path });

        Assert.Equal("PostgresNotFound", failure.ErrorId);
        Assert.Contains(folder.Path, failure.Message, StringComparison.Ordinal);
        Assert.Contains("initdb", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_folder_above_bin_will_do_and_its_version_must_be_the_one_asked_for()
    {
        await using var sandbox = await PostgresSandbox.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        var above = Path.GetDirectoryName(sandbox.BinaryPath)!;

        await using (var named = await PostgresSandbox.StartAsync(new SandboxOptions { BinaryPath = above }, cancellationToken: TestContext.Current.CancellationToken))
        {
            Assert.Equal(sandbox.BinaryPath, named.BinaryPath);
        }

        var failure = await FailAsync(new SandboxOptions { BinaryPath = above, Version = 99 });
        Assert.Contains("version 99 was asked for", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_is_none_is_refused_with_the_reason()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "a shell script stands in for postgres");
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "postgres", "initdb", "pg_ctl" })
        {
            Reach.MakeExecutable(folder.File(name, "#!/bin/sh\necho 'postgres (PostgreSQL) 13.9'\n"));
        }

        var failure = await FailAsync(new SandboxOptions { BinaryPath = folder.Path });

        Assert.Contains("it is PostgreSQL 13.9, and 14 is the oldest that works", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task As_root_a_folder_that_is_closed_to_others_is_refused_by_name()
    {
        Assert.SkipUnless(!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess, "not started as root");
        using var folder = new TemporaryFolder();
        foreach (var name in new[] { "postgres", "initdb", "pg_ctl" })
        {
            Reach.MakeExecutable(folder.File(name, "#!/bin/sh\n"));
        }

        File.SetUnixFileMode(folder.Path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var failure = await FailAsync(new SandboxOptions { BinaryPath = folder.Path });

        Assert.Contains($"may not enter or run '{folder.Path}'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_13_is_too_old()
    {
        var failure = await FailAsync(new SandboxOptions { Version = 13 });

        Assert.Equal("PostgresVersionNotSupported", failure.ErrorId);
    }

    private static Task<TenantException> FailAsync(SandboxOptions options) =>
        Assert.ThrowsAsync<TenantException>(() => PostgresSandbox.StartAsync(options, cancellationToken: TestContext.Current.CancellationToken));
}
