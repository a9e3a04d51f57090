namespace Tenants.Engine.Tests.RedTeam;

/// <summary>Over what the enemy's SQL runs.</summary>
[Flags]
public enum AttackTrust
{
    /// <summary>The admin's login, as the session role.</summary>
    Scoped = 1,

    /// <summary>A sealed login that all tenants' stand-alone calls share.</summary>
    Shared = 2,

    /// <summary>A sealed login of the session's own.</summary>
    Bound = 4,

    /// <summary>Both sealed ones.</summary>
    Sealed = Shared | Bound,

    /// <summary>All of them.</summary>
    All = Scoped | Sealed,
}
