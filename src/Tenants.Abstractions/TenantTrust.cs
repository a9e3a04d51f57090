namespace Tenants;

/// <summary>What a tenant's session is safe against.</summary>
public enum TenantTrust
{
    /// <summary>Mistakes: a forgotten WHERE, a wrong tenant. The login behind the session could still leave the tenant on purpose.</summary>
    Scoped,

    /// <summary>Hostile SQL too: the login itself has nothing to fall back to.</summary>
    Sealed,
}
