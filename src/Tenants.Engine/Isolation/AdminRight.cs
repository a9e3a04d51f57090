using Npgsql;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Isolation;

/// <summary>Checks that a login may do what the admin does: it must use the admin's role itself, for the policies ask the same.</summary>
internal static class AdminRight
{
    // The policies ask for the first, the rights on the registry need the second.
    private const string Query = """
        select pg_catalog.pg_has_role(session_user, $1::name, 'member') and pg_catalog.pg_has_role(session_user, $1::name, 'usage')
            and pg_catalog.pg_has_role(session_user, $2::name, 'member'),
            session_user::text,
            pg_catalog.pg_has_role(session_user, $2::name, 'member') and not pg_catalog.pg_has_role(session_user, $1::name, 'member')
        """;

    /// <summary>Fails unless the session's login is an admin of this database.</summary>
    /// <exception cref="TenantException"><c>PermissionDenied</c>, with the statement that grants it; to a tenants' login, which must never have it, with the way to use that.</exception>
    public static async Task CheckAsync(NpgsqlConnection connection, Installation installation, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Query, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = installation.AdminRole },
                new NpgsqlParameter<string> { TypedValue = installation.SessionRole },
            },
        };
        string login;
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
        {
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (reader.GetBoolean(0))
            {
                return;
            }

            login = reader.GetString(1);
            if (reader.GetBoolean(2))
            {
                throw new TenantException(
                    "PermissionDenied",
                    TenantErrorKind.PermissionDenied,
                    $"The login '{login}' is one that tenants' SQL runs as, and no admin of the tenants in '{connection.Database}'. An app login is given by -AppCredential, with its -Key; one that is bound to a tenant is for other tools, such as psql. What an admin does needs an admin's -Credential.")
                {
                    Target = login,
                };
            }
        }

        var options = connection.PostgreSqlVersion.Major >= 16 ? " with inherit true, set true" : "";
        throw new TenantException(
            "PermissionDenied",
            TenantErrorKind.PermissionDenied,
            $"The login '{login}' is no admin of the tenants in '{connection.Database}'. Have one run: grant {Quote.Identifier(installation.AdminRole)}, {Quote.Identifier(installation.SessionRole)} to {Quote.Identifier(login)}{options};{(options.Length == 0 ? $" alter role {Quote.Identifier(login)} inherit;" : "")}")
        {
            Target = login,
        };
    }
}
