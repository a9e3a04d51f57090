namespace Tenants;

/// <summary>What one client of a pooler can leave behind for the next.</summary>
public enum TenantPoolerCrossing
{
    /// <summary>A value of SET: the search path, a time limit, an application's own setting.</summary>
    Setting,

    /// <summary>The role of SET ROLE.</summary>
    Role,

    /// <summary>A temporary table, which hides a real one of the same name.</summary>
    TemporaryTable,

    /// <summary>A cursor WITH HOLD, with the rows that it had read.</summary>
    Cursor,

    /// <summary>A channel of LISTEN.</summary>
    Listen,

    /// <summary>A statement of PREPARE, which may not be what its name says.</summary>
    PreparedStatement,

    /// <summary>An advisory lock of the session.</summary>
    AdvisoryLock,
}
