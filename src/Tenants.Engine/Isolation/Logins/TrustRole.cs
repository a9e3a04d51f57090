namespace Tenants.Engine.Isolation.Logins;

/// <summary>A role that a login is, or belongs to.</summary>
/// <param name="Oid">Its OID.</param>
/// <param name="Name">Its name.</param>
internal sealed record TrustRole(uint Oid, string Name)
{
    /// <summary>It is the login itself.</summary>
    public bool IsLogin { get; init; }

    /// <summary>The login can use its rights, now or once it has granted itself the role.</summary>
    public bool IsReachable { get; init; }

    /// <summary>It is a reason by itself, so that what it may do need not be told.</summary>
    public bool IsRefused { get; init; }

    public bool IsSuperuser { get; init; }

    public bool BypassesRls { get; init; }

    public bool CanCreateRoles { get; init; }

    public bool CanCreateDatabases { get; init; }

    public bool CanReplicate { get; init; }

    public bool CanLogIn { get; init; }

    /// <summary>Those through whom the login belongs to it, itself among them.</summary>
    public string[] Members { get; init; } = [];

    /// <summary>Those of them that may grant it (ADMIN OPTION).</summary>
    public string[] Admins { get; init; } = [];
}
