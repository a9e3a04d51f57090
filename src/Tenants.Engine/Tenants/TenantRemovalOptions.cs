namespace Tenants.Engine.Tenants;

/// <summary>What becomes of a tenant's rows when it is removed.</summary>
public sealed record TenantRemovalOptions
{
    /// <summary>Its rows are deleted.</summary>
    public bool RemoveData { get; init; }

    /// <summary>Its rows stay, and belong to nobody.</summary>
    public bool KeepData { get; init; }

    /// <summary>How long to wait for transactions that began before the tenant was closed.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}
