namespace Tenants;

/// <summary>Whether a tenant may work.</summary>
public enum TenantState
{
    /// <summary>Its sessions see and change its rows.</summary>
    Active,

    /// <summary>It is being removed: its sessions are refused.</summary>
    Closed,
}
