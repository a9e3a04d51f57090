using Npgsql;

namespace Tenants.Engine.Isolation.Logins;

/// <summary>Refuses a login with which hostile SQL could reach beyond its tenant.</summary>
internal static class LoginFitness
{
    /// <summary>Looks at the login of a connection.</summary>
    /// <param name="connection">A connection as the login.</param>
    /// <param name="installation">What lies in the database.</param>
    /// <param name="isApp">It was made for a service; else by this module a moment ago, so what is found is everybody's right.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>LoginUnfit</c>, with every reason and its mend.</exception>
    public static async Task EnsureAsync(NpgsqlConnection connection, Installation installation, bool isApp, CancellationToken cancellationToken)
    {
        var findings = await TrustCheck.ReadAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        if (findings.Count == 0)
        {
            return;
        }

        var who = isApp
            ? $"The login '{connection.UserName}' is not fit to run tenants' SQL: SQL written by an enemy could reach beyond its tenant with it."
            : "Sealed trust cannot be given in this database: SQL written by an enemy could reach beyond its tenant, whatever login it runs as.";
        throw new TenantException(
            "LoginUnfit",
            TenantErrorKind.PermissionDenied,
            $"{who} Have a DBA mend this, then connect again:\n\n{string.Join("\n", findings.Select(f => $"- {f.Reason}\n    {f.Mend}"))}\n")
        {
            Target = connection.UserName,
        };
    }
}
