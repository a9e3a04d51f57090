namespace Tenants.Engine.Plans;

/// <summary>What becomes of rows that have no tenant.</summary>
/// <param name="HasRows">The table has rows, and no tenant column yet.</param>
/// <param name="Nulls">How many rows have no value in the tenant column.</param>
/// <param name="Tenant">Whose they become.</param>
/// <param name="IsRegistered">That tenant is in the registry.</param>
internal sealed record Fill(bool HasRows, long Nulls, string? Tenant, bool IsRegistered)
{
    /// <summary>No row is without a tenant, or nobody looked.</summary>
    public static readonly Fill None = new(false, 0, null, true);

    /// <summary>Some row gets a tenant.</summary>
    public bool IsNeeded => Tenant is not null && (HasRows || Nulls > 0);
}
