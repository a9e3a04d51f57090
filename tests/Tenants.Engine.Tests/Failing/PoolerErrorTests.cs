using Npgsql;
using Tenants.Engine.Errors;
using Xunit;

namespace Tenants.Engine.Tests.Failing;

/// <summary>PgBouncer's refusals, which have one SQLSTATE between them.</summary>
public class PoolerErrorTests
{
    [Theory]
    [InlineData("unsupported startup parameter: options", "PoolerNotSupported")]
    [InlineData("unsupported startup parameter in options: search_path", "PoolerNotSupported")]
    [InlineData("SASL authentication failed", "AuthenticationFailed")]
    [InlineData("password authentication failed", "AuthenticationFailed")]
    [InlineData("no such user", "AuthenticationFailed")]
    [InlineData("no such database: app", "DatabaseNotFound")]
    [InlineData("database \"app\" does not exist", "DatabaseNotFound")]
    [InlineData("server login has been failing, try again later (server_login_retry)", "ConnectionFailed")]
    [InlineData("query_wait_timeout", "ConnectionFailed")]
    [InlineData("no more connections allowed (max_client_conn)", "ConnectionFailed")]
    public void Each_is_told_as_what_it_is(string text, string errorId)
    {
        var error = ServerErrors.Connecting(new PostgresException(text, "FATAL", "FATAL", "08P01"), "db1", 6432, "app", "svc");
        Assert.Equal(errorId, error.ErrorId);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        Assert.Contains("db1:6432", error.Message, StringComparison.Ordinal);
    }
}
