namespace Tenants.Engine.Comparing;

/// <summary>A right on a table that stands in its access list, the owner's own left out.</summary>
/// <param name="Table">The table.</param>
/// <param name="Column">The column; null for the whole table.</param>
/// <param name="Grantee">The role; empty for PUBLIC.</param>
/// <param name="Privilege">The right, in lower case.</param>
/// <param name="IsGrantable">WITH GRANT OPTION.</param>
/// <param name="IsBypassing">No policy binds the role.</param>
/// <param name="IsTenants">Tenants' SQL runs as the role, or could become it; PUBLIC is everybody.</param>
internal sealed record TableGrant(uint Table, string? Column, string Grantee, string Privilege, bool IsGrantable, bool IsBypassing, bool IsTenants);
