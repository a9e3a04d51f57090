namespace Tenants;

/// <summary>Whether a table keeps tenants apart.</summary>
public enum TenantRlsState
{
    /// <summary>It does not, and nobody asked for it.</summary>
    Off,

    /// <summary>Something is missing or was changed: it may be open.</summary>
    Incomplete,

    /// <summary>Nothing is missing, but a policy of somebody else opens rows to other tenants.</summary>
    Opened,

    /// <summary>It does.</summary>
    On,

    /// <summary>It is a shared table, which all tenants read as one.</summary>
    Shared,

    /// <summary>It does not yet: a rollout has prepared it, or is about to, and code that knows of no tenants goes on working.</summary>
    Prepared,
}
