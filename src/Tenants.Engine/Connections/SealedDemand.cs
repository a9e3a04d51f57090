namespace Tenants.Engine.Connections;

/// <summary>Refuses what is not sealed, where the caller will have nothing less.</summary>
public static class SealedDemand
{
    private const string Mend = "Connect by Connect-TenantDatabase -Trust Sealed, or with -AppCredential.";

    /// <summary>Fails unless tenants' SQL is sealed on this connection.</summary>
    /// <param name="database">The connection.</param>
    /// <param name="allowOutdated">A server that lacks security fixes will do.</param>
    /// <exception cref="TenantException"><c>SealedRequired</c>.</exception>
    public static void Check(TenantDatabase database, bool allowOutdated)
    {
        ArgumentNullException.ThrowIfNull(database);
        if (database.Trust != TenantTrust.Sealed)
        {
            throw Refused($"Sealed trust is required, and the connection {database} is {database.Trust}", database);
        }
    }

    /// <summary>Fails unless a session is sealed.</summary>
    /// <param name="session">The session.</param>
    /// <exception cref="TenantException"><c>SealedRequired</c>.</exception>
    public static void Check(TenantSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (session.Trust != TenantTrust.Sealed)
        {
            throw Refused($"Sealed trust is required, and the session of '{session.Tenant}' is {session.Trust}", session.Tenant);
        }
    }

    private static TenantException Refused(string what, object target) =>
        new("SealedRequired", TenantErrorKind.PermissionDenied, $"{what}: nothing was sent. {Mend}") { Target = target };
}
