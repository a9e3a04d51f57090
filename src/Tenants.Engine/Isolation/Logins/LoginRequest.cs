namespace Tenants.Engine.Isolation.Logins;

/// <summary>A login to make.</summary>
/// <param name="Kind">What it may be.</param>
public sealed record LoginRequest(TenantLoginKind Kind)
{
    /// <summary>Whose it is, for a bound one.</summary>
    public string? Tenant { get; init; }

    /// <summary>Its name; null for a random one.</summary>
    public string? Name { get; init; }

    /// <summary>An app login of that name that somebody made beforehand is taken over, if it is good for nothing else; else it stands in the way.</summary>
    public bool TakeOver { get; init; }

    /// <summary>How long it lives; null for ever.</summary>
    public TimeSpan? ValidFor { get; init; }

    /// <summary>How many connections it may have at once; null for any number.</summary>
    public int? ConnectionLimit { get; init; }
}
