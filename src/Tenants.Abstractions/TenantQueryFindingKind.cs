namespace Tenants;

/// <summary>What makes a query slower under row security than it need be.</summary>
public enum TenantQueryFindingKind
{
    /// <summary>An index is not searched under the policy, for the operator or function that it is searched by is not leakproof.</summary>
    IndexLost,

    /// <summary>No index of the table begins with the tenant column.</summary>
    TenantIndexMissing,

    /// <summary>An index on the tenant column and another one together would spare most rows that are read and thrown away.</summary>
    WiderIndexMissing,
}
