using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using Npgsql;
using Tenants.Engine.Connections;

namespace Tenants.Engine.Errors;

/// <summary>What goes wrong while connecting.</summary>
internal static class ConnectErrors
{
    /// <summary>Where a connection was to go.</summary>
    internal sealed record Place(string? Server, int Port, string? Database, string? User)
    {
        public string Address => Server?.StartsWith('/') == true ? $"{Server}/.s.PGSQL.{Port}" : $"{Server}:{Port}";

        public override string ToString() => $"{User}@{Server}:{Port}/{Database}";
    }

    /// <summary>A failure to connect.</summary>
    public static TenantException Translate(Exception exception, Place place)
    {
        if (exception is TenantException own)
        {
            return own;
        }

        if (exception is PostgresException error)
        {
            return Refused(error, place);
        }

        var chain = Chain(exception).ToList();
        if (chain.OfType<AuthenticationException>().Any())
        {
            return Error(
                place,
                "CertificateNotTrusted",
                TenantErrorKind.Connection,
                $"The certificate of {place.Address} is not trusted: its authority is not known here, it is for another name, or it has expired. Give the file with the certificate of its authority by -RootCertificate or PGSSLROOTCERT, and connect by the name that stands in the certificate. -SslMode Require encrypts without knowing who answers.");
        }

        if (chain.OfType<SocketException>().FirstOrDefault() is { } socket)
        {
            return Unreachable(socket, place);
        }

        if (chain.Any(e => e is TimeoutException))
        {
            return chain.Any(e => e.Message.Contains("pool", StringComparison.Ordinal))
                ? Error(
                    place,
                    "TooManyConnections",
                    TenantErrorKind.Resource,
                    $"All connections that may be open to {place.Address} at once are in use. Remove sessions that are done (Remove-TenantSession), do less at once, or raise Max Pool Size in the connection string.")
                : Error(
                    place,
                    "ConnectionFailed",
                    TenantErrorKind.Connection,
                    $"No answer from {place.Address} in time. Check the name, the port and the firewall, or wait longer: -ConnectTimeout.");
        }

        return Other(chain[^1], exception, place);
    }

    private static TenantException Other(Exception innermost, Exception exception, Place place)
    {
        // Npgsql's own texts, which are not translated.
        if (exception.Message.Contains("No password has been provided", StringComparison.Ordinal))
        {
            return Error(
                place,
                "SettingMissing",
                TenantErrorKind.Authentication,
                $"The server wants a password for '{place.User}' and none is given. Give -Credential to Connect-TenantDatabase, or set POSTGRES_PASSWORD or PGPASSWORD, or write a line into ~/.pgpass: server:port:database:user:password.");
        }

        if (exception.Message.Contains("No SSL enabled connection", StringComparison.Ordinal))
        {
            return Error(
                place,
                "TlsNotAvailable",
                TenantErrorKind.Connection,
                $"{place.Address} does not offer TLS, and it is demanded: unless told otherwise, of every server on another machine. Turn TLS on in the server; -SslMode Disable goes without, and all then travels unencrypted.");
        }

        if (innermost is CryptographicException || exception.Message.Contains("SSL handshake", StringComparison.Ordinal))
        {
            return Error(
                place,
                "CertificateNotReadable",
                TenantErrorKind.InvalidArgument,
                $"A certificate for the connection to {place.Address} cannot be used. Check the files of -RootCertificate or PGSSLROOTCERT, and of PGSSLCERT and PGSSLKEY: they hold PEM.");
        }

        return Error(
            place,
            "ConnectionFailed",
            TenantErrorKind.Connection,
            $"No connection to PostgreSQL at {place.Address}: {innermost.Message.TrimEnd('.')}. Check that a PostgreSQL server listens there.");
    }

    private static TenantException Unreachable(SocketException socket, Place place)
    {
        var reason = socket.SocketErrorCode switch
        {
            SocketError.ConnectionRefused => $"nothing listens at {place.Address}. Check that the server runs, and the port",
            SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain => $"there is no machine named '{place.Server}'. Check the name and the network",
            SocketError.TimedOut => $"no answer from {place.Address} in time. Check the name, the port and the firewall",
            SocketError.NetworkUnreachable or SocketError.HostUnreachable => $"no way to {place.Address}. Check the network",
            _ when place.Server?.StartsWith('/') == true => $"no server listens at the socket {place.Address}. Check the folder and the port",
            _ => $"{place.Address}: {socket.Message}",
        };
        return Error(place, "ConnectionFailed", TenantErrorKind.Connection, $"No connection to PostgreSQL: {reason}.");
    }

    private static TenantException Refused(PostgresException error, Place place) => error.SqlState switch
    {
        "28P01" => Error(
            place,
            "AuthenticationFailed",
            TenantErrorKind.Authentication,
            $"The server refused the password of '{place.User}' at {place.Address}. Check the login and the password (-Credential, POSTGRES_PASSWORD, PGPASSWORD, ~/.pgpass; of an app login -AppCredential alone).",
            error),
        "28000" => Error(
            place,
            "AuthenticationFailed",
            TenantErrorKind.Authentication,
            $"The server refused '{place.User}' at {place.Address}: {error.MessageText}. Check that the login exists and has LOGIN, and that pg_hba.conf has a line that lets it in: {HbaLine(place, error.MessageText)}.",
            error),
        "3D000" => Error(
            place,
            "DatabaseNotFound",
            TenantErrorKind.NotFound,
            $"There is no database '{place.Database}' at {place.Address}. Check the name (-Database, POSTGRES_DB, PGDATABASE): the case counts.",
            error),
        "42501" => Error(
            place,
            "PermissionDenied",
            TenantErrorKind.PermissionDenied,
            $"The login '{place.User}' may not connect to the database '{place.Database}'. Have its owner run: grant connect on database {Sql.Quote.Identifier(place.Database ?? "?")} to {Sql.Quote.Identifier(place.User ?? "?")};",
            error),

        "08P01" => PoolerErrors.Translate(error, place),
        _ => StatementErrors.Translate(error, ErrorContext.None with { Login = place.User }),
    };

    // A client that names no database means the one that is named like the login.
    private static string HbaLine(Place place, string refusal) =>
        HbaOrigin.Read(place.Server, refusal).LineFor(place.Database ?? place.User ?? "?", place.User ?? "?");

    private static IEnumerable<Exception> Chain(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            yield return e;
        }
    }

    /// <summary>An error of connecting there.</summary>
    internal static TenantException Error(Place place, string id, TenantErrorKind kind, string message, PostgresException? error = null) =>
        new(id, kind, message) { Target = place.ToString(), SqlState = error?.SqlState };
}
