using System.Net.Sockets;
using Npgsql;

namespace Tenants.Engine.Errors;

/// <summary>Turns what the driver throws into a <see cref="TenantException"/> that says what happened and what to do.</summary>
internal static class ServerErrors
{
    /// <summary>True for what the driver throws of itself.</summary>
    public static bool IsOurs(Exception exception) =>
        exception is NpgsqlException or SocketException or TimeoutException or IOException or System.Security.Authentication.AuthenticationException;

    /// <summary>A failure to connect.</summary>
    public static TenantException Connecting(Exception exception, string? server, int port, string? database, string? user) =>
        exception is PostgresException error
            ? Server(error)
            : new TenantException(
                "ConnectionFailed",
                TenantErrorKind.Connection,
                $"No connection to PostgreSQL at {server}:{port}: {exception.GetBaseException().Message} Check that the server runs, the name and the port.")
            {
                Target = $"{user}@{server}:{port}/{database}",
            };

    /// <summary>A failure of a statement.</summary>
    public static TenantException Translate(Exception exception) => exception switch
    {
        TenantException own => own,
        PostgresException error => Server(error),
        _ => new TenantException(
            "ConnectionLost",
            TenantErrorKind.Connection,
            $"The connection to the server broke: {exception.GetBaseException().Message} What was not committed is undone. Run it again."),
    };

    private static TenantException Server(PostgresException error) => new(
        "ServerError", TenantErrorKind.Server, error.MessageText)
    {
        SqlState = error.SqlState,
        Detail = error.Detail,
        Hint = error.Hint,
        Constraint = error.ConstraintName,
        Table = error.TableName is null ? null : $"{error.SchemaName}.{error.TableName}",
    };
}
