namespace Tenants;

/// <summary>How long a client keeps one backend of the server to itself.</summary>
public enum TenantPoolerMode
{
    /// <summary>For good: no pooler stands between, or none that can be told from the server.</summary>
    None,

    /// <summary>Until it disconnects.</summary>
    Session,

    /// <summary>Until its transaction ends.</summary>
    Transaction,

    /// <summary>For one statement; transactions are refused.</summary>
    Statement,
}
