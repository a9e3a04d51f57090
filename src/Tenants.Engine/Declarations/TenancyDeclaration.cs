namespace Tenants.Engine.Declarations;

/// <summary>What a team wrote down of its tables' tenancy (<c>tenancy.psd1</c>), checked in itself but not yet against a database.</summary>
/// <param name="Source">The file, for messages.</param>
/// <param name="TenantType">The type of tenant identifiers; null where it was left open.</param>
/// <param name="Schema">The schema of names that give none; null for the connection's.</param>
/// <param name="Tables">The tables that keep tenants apart.</param>
/// <param name="SharedTables">The tables without tenants that tenants' SQL may use.</param>
public sealed record TenancyDeclaration(
    string Source,
    TenantIdType? TenantType,
    string? Schema,
    IReadOnlyList<DeclaredTable> Tables,
    IReadOnlyList<DeclaredSharedTable> SharedTables);
