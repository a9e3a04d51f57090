namespace Tenants;

/// <summary>A tenant as the registry of the database has it.</summary>
/// <param name="Tenant">The identifier, as text.</param>
/// <param name="DisplayName">A name for people; null where none was given.</param>
/// <param name="State">Whether it may work.</param>
/// <param name="CreatedAt">When it was made, in local time.</param>
public sealed record TenantInfo(string Tenant, string? DisplayName, TenantState State, DateTime CreatedAt)
{
    /// <inheritdoc/>
    public override string ToString() => Tenant;
}
