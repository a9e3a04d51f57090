namespace Tenants.Engine.Plans;

/// <summary>What is asked of a table that is to keep tenants apart.</summary>
/// <param name="Column">The tenant column; null for the one that it has already, else <c>tenant</c>.</param>
/// <param name="DefaultTenant">Whose the rows without a tenant become.</param>
public sealed record EnableRequest(string? Column = null, string? DefaultTenant = null);
