using Npgsql;

namespace Tenants.Engine.Errors;

/// <summary>SQLSTATE 08P01, a protocol violation: PgBouncer gives it to all that it refuses, and its texts, which are not translated, tell what that was.</summary>
internal static class PoolerErrors
{
    /// <summary>What a pooler refused.</summary>
    public static TenantException Translate(PostgresException error, ConnectErrors.Place place)
    {
        var text = error.MessageText;
        if (Says(text, "startup"))
        {
            return ConnectErrors.Error(
                place,
                "PoolerNotSupported",
                TenantErrorKind.NotSupported,
                $"What listens at {place.Address} refuses startup options, as a connection pooler does: {text}. Connect to PostgreSQL itself; or use an app login (New-TenantLogin -App), which works behind one, with -AdminServer for what the admin does.",
                error);
        }

        if (Says(text, "no such database") || (Says(text, "database") && Says(text, "does not exist")))
        {
            return ConnectErrors.Error(
                place,
                "DatabaseNotFound",
                TenantErrorKind.NotFound,
                $"The connection pooler at {place.Address} has no database '{place.Database}': {text}. Check the name (-Database, POSTGRES_DB, PGDATABASE: the case counts), and the pooler's own list of databases.",
                error);
        }

        // The way behind the pooler; of a database that is not there it says no more.
        if (Says(text, "server login") || Says(text, "query_wait_timeout") || Says(text, "config error") || Says(text, "cannot connect"))
        {
            return ConnectErrors.Error(
                place,
                "ConnectionFailed",
                TenantErrorKind.Connection,
                $"The connection pooler at {place.Address} gets no connection to the database '{place.Database}' for '{place.User}': {text}. Check the database's name (-Database, POSTGRES_DB, PGDATABASE: the case counts), that the server runs, and the pooler's log.",
                error);
        }

        return Says(text, "auth") || Says(text, "password") || Says(text, "login") || Says(text, "user")
            ? ConnectErrors.Error(
                place,
                "AuthenticationFailed",
                TenantErrorKind.Authentication,
                $"The connection pooler at {place.Address} refused '{place.User}': {text}. Check the login and the password (-Credential, POSTGRES_PASSWORD, PGPASSWORD, ~/.pgpass; of an app login -AppCredential alone), and that the pooler knows the login (auth_query or auth_file).",
                error)
            : ConnectErrors.Error(place, "ConnectionFailed", TenantErrorKind.Connection, $"What listens at {place.Address} refused the connection: {text}.", error);
    }

    private static bool Says(string text, string word) => text.Contains(word, StringComparison.OrdinalIgnoreCase);
}
