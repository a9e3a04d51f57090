namespace Tenants;

/// <summary>Whether a connection can be worked with.</summary>
public enum TenantDatabaseState
{
    /// <summary>The server answers.</summary>
    Open,

    /// <summary>The server does not answer, or refuses the login now.</summary>
    Unreachable,

    /// <summary>It was disconnected.</summary>
    Closed,
}
