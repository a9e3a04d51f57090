namespace Tenants;

/// <summary>What a login sees of a tenant table, outside a tenant's session.</summary>
public enum TenantVisibility
{
    /// <summary>No row.</summary>
    Nothing,

    /// <summary>The rows of the one tenant that it is bound to.</summary>
    OwnTenant,

    /// <summary>All tenants' rows.</summary>
    Everything,
}
