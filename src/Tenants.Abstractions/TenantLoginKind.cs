namespace Tenants;

/// <summary>What a login of the tenants' SQL may be.</summary>
public enum TenantLoginKind
{
    /// <summary>One tenant's for ever. Nothing that runs as it can become another's.</summary>
    Bound,

    /// <summary>Made by a sealed connection for itself, renewed and dropped by it. A signed token says whose each transaction is.</summary>
    Shared,

    /// <summary>Made once by an admin for a service, which signs with a key of its own and needs no admin credential.</summary>
    App,
}
