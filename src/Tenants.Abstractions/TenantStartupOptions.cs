namespace Tenants;

/// <summary>What becomes of the settings that a connection asks for when it is opened (libpq's PGOPTIONS).</summary>
public enum TenantStartupOptions
{
    /// <summary>The server has them.</summary>
    Passed,

    /// <summary>They are dropped without a word.</summary>
    Ignored,

    /// <summary>The connection is refused for them.</summary>
    Refused,
}
