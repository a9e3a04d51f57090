using System.Diagnostics;
using Npgsql;
using Tenants.Testing;
using Xunit;

namespace Tenants.Engine.Tests.Pooler;

/// <summary>That the fixture is what it says: else what other tests see through it means nothing.</summary>
public class PgBouncerTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_login_made_later_gets_in_with_its_password_and_with_no_other(bool usesUnixSocket)
    {
        Assert.SkipUnless(PgBouncer.IsExpected, PgBouncer.SkipReason!);
        await using var test = await TestDatabase.CreateAsync();
        await using var pooler = await PgBouncer.StartAsync(new PgBouncerOptions { UsesUnixSocket = usesUnixSocket });
        var (login, direct) = await test.CreateLoginAsync("late");
        await using var source = test.CreateSource(pooler.Through(direct));
        Assert.Equal(login, await TestDatabase.ScalarAsync<string>(source, "select session_user::text"));

        var wrong = new NpgsqlConnectionStringBuilder(pooler.Through(direct)) { Password = "not-the-word", Pooling = false }.ConnectionString;
        await Assert.ThrowsAsync<PostgresException>(() => TestDatabase.ScalarAsync<int>(test.CreateSource(wrong), "select 1"));
    }

    [Theory]
    [InlineData(TenantPoolerMode.Session, true)]
    [InlineData(TenantPoolerMode.Transaction, true)]
    [InlineData(TenantPoolerMode.Statement, false)]
    public async Task Its_mode_is_the_one_that_was_asked_for(TenantPoolerMode mode, bool takesTransactions)
    {
        Assert.SkipUnless(PgBouncer.IsExpected, PgBouncer.SkipReason!);
        await using var test = await TestDatabase.CreateAsync();
        await using var pooler = await PgBouncer.StartAsync(new PgBouncerOptions { Mode = mode });
        await using var connection = new NpgsqlConnection(pooler.Through(test.AdminConnectionString));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("begin", connection);
        Assert.Equal(takesTransactions, await Record.ExceptionAsync(() => command.ExecuteNonQueryAsync()) is null);
    }

    [Fact]
    public async Task It_ends_with_the_object()
    {
        Assert.SkipUnless(PgBouncer.IsExpected, PgBouncer.SkipReason!);
        await using var test = await TestDatabase.CreateAsync();
        string through;
        await using (var pooler = await PgBouncer.StartAsync())
        {
            through = new NpgsqlConnectionStringBuilder(pooler.Through(test.AdminConnectionString)) { Pooling = false }.ConnectionString;
            Assert.Equal(1, await TestDatabase.ScalarAsync<int>(test.CreateSource(through), "select 1"));
        }

        var clock = Stopwatch.StartNew();
        await Assert.ThrowsAsync<NpgsqlException>(() => TestDatabase.ScalarAsync<int>(test.CreateSource(through), "select 1"));
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 5);
    }
}
