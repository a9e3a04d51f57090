namespace Tenants;

/// <summary>How a policy combines with the others of its table.</summary>
public enum TenantPolicyKind
{
    /// <summary>Joined by AND: takes rows away from what the permissive ones show.</summary>
    Restrictive,

    /// <summary>Joined by OR: adds rows to what the others show.</summary>
    Permissive,
}
