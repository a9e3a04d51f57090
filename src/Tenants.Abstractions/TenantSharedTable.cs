namespace Tenants;

/// <summary>A table without tenants that tenants' SQL may read.</summary>
/// <param name="Table">The table, qualified, as the cmdlets take it.</param>
/// <param name="IsWritable">Tenants' SQL may write it too.</param>
public sealed record TenantSharedTable(string Table, bool IsWritable);
