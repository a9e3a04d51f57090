using System.Net.Sockets;
using System.Security.Authentication;
using Npgsql;

namespace Tenants.Engine.Errors;

/// <summary>Turns what the driver throws into a <see cref="TenantException"/> that says what happened and what to do.</summary>
internal static class ServerErrors
{
    /// <summary>True for what the driver throws of itself.</summary>
    public static bool IsOurs(Exception exception) =>
        exception is NpgsqlException or SocketException or TimeoutException or IOException or AuthenticationException;

    /// <summary>True where the connection itself is gone, so that another may do better.</summary>
    public static bool IsBroken(Exception exception) => exception is PostgresException { SqlState: var state }
        ? state is "57P01" or "57P02" or "57P03" or "57P05" or "25P03" || state.StartsWith("08", StringComparison.Ordinal)
        : IsOurs(exception);

    /// <summary>A failure to connect.</summary>
    public static TenantException Connecting(Exception exception, string? server, int port, string? database, string? user) =>
        ConnectErrors.Translate(exception, new ConnectErrors.Place(server, port, database, user));

    /// <summary>A failure of a statement.</summary>
    public static TenantException Translate(Exception exception) => Translate(exception, ErrorContext.None);

    /// <summary>A failure of a statement.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="context">What is known of the call.</param>
    public static TenantException Translate(Exception exception, ErrorContext context) => exception switch
    {
        TenantException own => own,
        PostgresException error => StatementErrors.Translate(error, context),
        _ => new TenantException(
            "ConnectionLost",
            TenantErrorKind.Connection,
            $"The connection to the server broke: {exception.GetBaseException().Message} What was not committed is undone. Run it again.")
        {
            Tenant = context.Tenant,
        },
    };
}
