using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Plans;

/// <summary>The plan for a table that is to keep tenants apart.</summary>
/// <param name="Plan">The steps.</param>
/// <param name="Table">The table that it is for: the root, where a partition was named.</param>
/// <param name="Installation">What the database will hold once it has run.</param>
/// <param name="Registered">The tenant that it registers.</param>
public sealed record EnablePlan(Plan Plan, TableInfo Table, Installation Installation, string? Registered = null)
{
    /// <summary>The tenant column; null where nothing is missing.</summary>
    public string? Column { get; init; }

    /// <summary>What will be there once it has run, for the next plan where this one is only shown.</summary>
    /// <param name="before">What was assumed for this one.</param>
    public Assumptions After(Assumptions before)
    {
        ArgumentNullException.ThrowIfNull(before);
        return new Assumptions(Installation, Registered is null ? before.Tenants : [.. before.Tenants, Registered]);
    }
}
