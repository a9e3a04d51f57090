namespace Tenants;

/// <summary>What a session does, or can do.</summary>
public enum TenantSessionState
{
    /// <summary>It waits for a query; no transaction is open.</summary>
    Idle,

    /// <summary>A query of it is being read.</summary>
    Busy,

    /// <summary>A transaction is open: <c>Start-TenantTransaction</c> began it.</summary>
    InTransaction,

    /// <summary>A statement of its transaction failed: only <c>Undo-TenantTransaction</c> is possible.</summary>
    Failed,

    /// <summary>Its connection broke; what it held on the server is gone.</summary>
    Lost,

    /// <summary>It was removed, or its connection was disconnected.</summary>
    Closed,
}
