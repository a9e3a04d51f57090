namespace Tenants.Engine.Scripts;

/// <summary>How many rows of a table were inserted, updated and deleted.</summary>
internal readonly record struct RowChanges(long Inserted, long Updated, long Deleted)
{
    /// <summary>All of them.</summary>
    public long Total => Inserted + Updated + Deleted;

    /// <summary>What came since; TRUNCATE has the server forget what it had counted, and that is no negative number of rows.</summary>
    public RowChanges Since(RowChanges earlier) =>
        new(Math.Max(0, Inserted - earlier.Inserted), Math.Max(0, Updated - earlier.Updated), Math.Max(0, Deleted - earlier.Deleted));
}
