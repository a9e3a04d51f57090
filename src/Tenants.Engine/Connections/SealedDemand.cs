namespace Tenants.Engine.Connections;

/// <summary>Refuses what is not sealed, where the caller will have nothing less.</summary>
public static class SealedDemand
{
    private const string Mend = "Connect by Connect-TenantDatabase -Trust Sealed, or with -AppCredential.";

    /// <summary>Fails unless tenants' SQL is sealed on this connection, on a server that has its security fixes or need not have them.</summary>
    /// <param name="database">The connection.</param>
    /// <exception cref="TenantException"><c>SealedRequired</c>; <c>ServerOutdated</c>.</exception>
    public static void Check(TenantDatabase database)
    {
        ArgumentNullException.ThrowIfNull(database);
        if (database.Trust != TenantTrust.Sealed)
        {
            throw Refused($"Sealed trust is required, and the connection {database} is {database.Trust}", database);
        }

        var facts = database.Facts;
        if (!database.AllowsOutdatedServer && facts.MissingFixes is { Count: > 0 } missing)
        {
            throw new TenantException(
                "ServerOutdated",
                TenantErrorKind.NotSupported,
                $"The server is PostgreSQL {facts.ServerVersion}, which lacks the fixes of {string.Join(", ", missing)}: hostile SQL may get past any isolation there. Upgrade the server to its latest minor release, or connect with -AllowOutdatedServer: Connect-TenantDatabase -RequireSealed -AllowOutdatedServer.")
            {
                Target = database,
            };
        }
    }

    /// <summary>Fails unless a session is sealed, on a server that will do.</summary>
    /// <param name="session">The session.</param>
    /// <exception cref="TenantException"><c>SealedRequired</c>; <c>ServerOutdated</c>.</exception>
    public static void Check(TenantSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (session.Trust != TenantTrust.Sealed)
        {
            throw Refused($"Sealed trust is required, and the session of '{session.Tenant}' is {session.Trust}", session.Tenant);
        }

        Check((TenantDatabase)session.Connection);
    }

    private static TenantException Refused(string what, object target) =>
        new("SealedRequired", TenantErrorKind.PermissionDenied, $"{what}: nothing was sent. {Mend}") { Target = target };
}
