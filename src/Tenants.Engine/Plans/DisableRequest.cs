namespace Tenants.Engine.Plans;

/// <summary>What is asked of a table that is to keep tenants apart no longer.</summary>
/// <param name="RemoveColumn">Drop the tenant column too.</param>
/// <param name="IsLive">The table is in use: each step that locks it has a transaction of its own.</param>
public sealed record DisableRequest(bool RemoveColumn = false, bool IsLive = false)
{
    /// <summary>The tenant column that is dropped; null for the one that keeps tenants apart, or <c>tenant</c> where none does any more.</summary>
    public string? Column { get; init; }

    /// <summary>
    /// The table was asked for by name, and not by a pattern or a declaration: then the <see cref="Column"/> goes that was named too, even
    /// where nothing tells that it was made for tenants.
    /// </summary>
    public bool IsNamed { get; init; } = true;
}
