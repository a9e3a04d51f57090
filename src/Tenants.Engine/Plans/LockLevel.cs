namespace Tenants.Engine.Plans;

/// <summary>The strongest lock that a step takes on the table that it changes, by PostgreSQL's names.</summary>
public enum LockLevel
{
    /// <summary>No table is locked.</summary>
    None,

    /// <summary>ACCESS SHARE: reads.</summary>
    AccessShare,

    /// <summary>ROW EXCLUSIVE: changes rows; readers and other writers go on.</summary>
    RowExclusive,

    /// <summary>SHARE UPDATE EXCLUSIVE: readers and writers go on.</summary>
    ShareUpdateExclusive,

    /// <summary>SHARE: readers go on, writers wait.</summary>
    Share,

    /// <summary>SHARE ROW EXCLUSIVE: readers go on, writers wait.</summary>
    ShareRowExclusive,

    /// <summary>ACCESS EXCLUSIVE: readers and writers wait.</summary>
    AccessExclusive,
}
