namespace Tenants;

/// <summary>How much a transaction sees of what others do meanwhile.</summary>
public enum TenantIsolationLevel
{
    /// <summary>Each statement sees what was committed before it began. PostgreSQL's default.</summary>
    ReadCommitted,

    /// <summary>All statements see what was committed before the first one began.</summary>
    RepeatableRead,

    /// <summary>As if the transactions ran one after the other; one that cannot fit in fails and is to be repeated.</summary>
    Serializable,
}
