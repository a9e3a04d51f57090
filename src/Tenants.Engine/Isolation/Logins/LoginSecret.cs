namespace Tenants.Engine.Isolation.Logins;

/// <summary>A login that was just made, with what it proves itself by. Told once: the server keeps a verifier only.</summary>
/// <param name="Name">The login's name.</param>
/// <param name="Password">Its password; null where it was not made, and so not set, here.</param>
public sealed record LoginSecret(string Name, string? Password)
{
    /// <summary>What it may be.</summary>
    public TenantLoginKind Kind { get; init; }

    /// <summary>Whose it is; null unless it is bound.</summary>
    public string? Tenant { get; init; }

    /// <summary>When it ends; null where it does not.</summary>
    public DateTime? ExpiresAt { get; init; }

    /// <summary>It was there before, and was taken over.</summary>
    public bool IsAdopted { get; init; }

    /// <summary>The key of an app login, as text.</summary>
    public string? Key { get; init; }

    /// <summary>The name, and nothing else.</summary>
    public override string ToString() => Name;
}
