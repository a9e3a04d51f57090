namespace Tenants;

/// <summary>A login that tenants' SQL runs as. Holds no secret.</summary>
public sealed record TenantLogin
{
    /// <summary>The login's name.</summary>
    public required string Name { get; init; }

    /// <summary>What it may be.</summary>
    public required TenantLoginKind Kind { get; init; }

    /// <summary>Whose it is; null unless it is bound.</summary>
    public string? Tenant { get; init; }

    /// <summary>The admin that made it.</summary>
    public required string CreatedBy { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTime CreatedAt { get; init; }

    /// <summary>When it ends; null where it does not.</summary>
    public DateTime? ExpiresAt { get; init; }

    /// <summary>It was there before and was taken over: removing it leaves the login itself as it is.</summary>
    public bool IsAdopted { get; init; }

    /// <summary>Connections that are open as it.</summary>
    public int Connections { get; init; }

    /// <summary>False if its role is gone, or was kept from logging in.</summary>
    public bool CanLogin { get; init; } = true;

    /// <inheritdoc/>
    public override string ToString() => Name;
}
