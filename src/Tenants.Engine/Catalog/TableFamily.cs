namespace Tenants.Engine.Catalog;

/// <summary>A table with all its partitions and children, on every level: their rows are its rows.</summary>
/// <param name="Root">The table.</param>
/// <param name="Children">The tables under it.</param>
internal sealed record TableFamily(TableState Root, IReadOnlyList<TableState> Children)
{
    /// <summary>All that can carry policies, the root first.</summary>
    public IEnumerable<TableState> Members => Children.Where(c => c.CanCarryPolicies).Prepend(Root);

    /// <summary>The children that can carry none: foreign tables.</summary>
    public IEnumerable<TableState> Foreign => Children.Where(c => !c.CanCarryPolicies);
}
