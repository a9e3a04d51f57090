using Npgsql;

namespace Tenants.Engine.Isolation.Logins;

/// <summary>Refuses a login with which hostile SQL could reach beyond its tenant.</summary>
internal static class LoginFitness
{
    // A login that has these is an admin's before it is anything else.
    private static readonly string[] s_adminClauses = ["Superuser", "AdminMember"];

    /// <summary>Looks at the login of a connection.</summary>
    /// <param name="connection">A connection as the login.</param>
    /// <param name="installation">What lies in the database.</param>
    /// <param name="isApp">It was made for a service; else by this module a moment ago, so what is found is everybody's right.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>LoginUnfit</c>, with every reason and its mend.</exception>
    public static async Task EnsureAsync(NpgsqlConnection connection, Installation installation, bool isApp, CancellationToken cancellationToken)
    {
        var findings = await TrustCheck.ReadAsync(connection, installation, login: null, cancellationToken).ConfigureAwait(false);
        if (findings.Count == 0)
        {
            return;
        }

        var login = connection.UserName!;
        throw isApp && findings.Any(f => s_adminClauses.Contains(f.Clause)) && !await IsRegisteredAsync(connection, installation, cancellationToken).ConfigureAwait(false)
            ? new TenantException(
                "LoginUnfit",
                TenantErrorKind.PermissionDenied,
                $"The login '{login}' is an admin's, and no app login: tenants' SQL never runs as it. New-TenantLogin -App makes one; connect with that as -AppCredential, and with this one as -Credential where admin work is to be done.")
            {
                Target = login,
            }
            : Unfit(isApp ? OfLogin(login) : OfDatabase, "connect again", login, findings);
    }

    /// <summary>Looks at a login over an admin's connection, in the transaction in which it is made or taken over.</summary>
    /// <param name="connection">The admin's connection.</param>
    /// <param name="installation">What lies in the database.</param>
    /// <param name="login">The login.</param>
    /// <param name="isAdopted">It was there before; else what is found is everybody's right.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>LoginUnfit</c>, with every reason and its mend.</exception>
    public static async Task EnsureAsync(NpgsqlConnection connection, Installation installation, string login, bool isAdopted, CancellationToken cancellationToken)
    {
        var findings = await TrustCheck.ReadAsync(connection, installation, login, cancellationToken).ConfigureAwait(false);
        if (findings.Count > 0)
        {
            throw Unfit(isAdopted ? OfLogin(login) : OfDatabase, "run the command again", login, findings);
        }
    }

    private const string OfDatabase = "Sealed trust cannot be given in this database: SQL written by an enemy could reach beyond its tenant, whatever login it runs as.";

    private static string OfLogin(string login) => $"The login '{login}' is not fit to run tenants' SQL: SQL written by an enemy could reach beyond its tenant with it.";

    private static TenantException Unfit(string who, string then, string login, IReadOnlyList<TrustFinding> findings) => new(
        "LoginUnfit",
        TenantErrorKind.PermissionDenied,
        $"{who} Have a DBA mend this, then {then}:\n\n{string.Join("\n", findings.Select(f => $"- {f.Reason}\n    {f.Mend}"))}\n")
    {
        Target = login,
    };

    // An app login that was made an admin later is told how to be one no more. The registry is the admins' to read.
    private static async Task<bool> IsRegisteredAsync(NpgsqlConnection connection, Installation installation, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = new NpgsqlCommand(
                $"select exists (select from {installation.QuotedSchema}.login l join pg_catalog.pg_roles r on r.oid = l.oid and r.rolname = l.name where r.rolname = session_user)", connection);
            return (bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            return true;
        }
    }
}
