namespace Tenants.Engine.Plans;

/// <summary>What is asked of a table that is to keep tenants apart no longer.</summary>
/// <param name="RemoveColumn">Drop the tenant column too.</param>
/// <param name="IsLive">The table is in use: each step that locks it has a transaction of its own.</param>
public sealed record DisableRequest(bool RemoveColumn = false, bool IsLive = false)
{
    /// <summary>The tenant column that is dropped; null for the one that keeps tenants apart, or <c>tenant</c> where none does any more.</summary>
    public string? Column { get; init; }

    /// <summary>
    /// The table itself was asked for, not whatever fits a pattern: its column goes even where nothing else is left to undo. Of a
    /// table that keeps none apart nothing else tells that the column was made for that.
    /// </summary>
    public bool IsNamed { get; init; } = true;
}
