namespace Tenants.Engine.Audit;

/// <summary>One login with rights on a table, and what is known of it.</summary>
/// <param name="Name">The login.</param>
/// <param name="Rights">Its rights on the table.</param>
internal sealed record LoginAccess(string Name, IReadOnlyList<string> Rights)
{
    /// <summary>A superuser.</summary>
    public bool IsSuperuser { get; init; }

    /// <summary>It has BYPASSRLS.</summary>
    public bool BypassesRls { get; init; }

    /// <summary>The login that asks.</summary>
    public bool IsSelf { get; init; }

    /// <summary>The admin's policy lets it see all.</summary>
    public bool IsAdmin { get; init; }

    /// <summary>It is one tenant's for ever.</summary>
    public bool IsBound { get; init; }

    /// <summary>It owns the table, or belongs to the role that does.</summary>
    public bool IsOwner { get; init; }

    /// <summary>All its rights are those of PUBLIC.</summary>
    public bool IsPublicOnly { get; init; }

    /// <summary>It can work with the table now, before it is enforced.</summary>
    public bool SeesToday { get; init; }

    /// <summary>What it will see.</summary>
    public TenantVisibility Sees => this switch
    {
        { IsSuperuser: true } or { BypassesRls: true } => TenantVisibility.Everything,
        { IsBound: true } => TenantVisibility.OwnTenant,
        { IsAdmin: true } => TenantVisibility.Everything,
        _ => TenantVisibility.Nothing,
    };

    /// <summary>Why it will see that.</summary>
    public string Why => this switch
    {
        { IsSuperuser: true } => "a superuser: no policy binds it",
        { BypassesRls: true } => "it has BYPASSRLS: no policy binds it",
        { IsBound: true } => "it is bound to a tenant",
        { IsOwner: true } => "it owns the table, or belongs to the role that does",
        { IsAdmin: true } => "an admin",
        _ => "it has no tenant of its own",
    };
}
