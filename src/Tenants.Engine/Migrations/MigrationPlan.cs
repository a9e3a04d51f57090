using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Migrations;

/// <summary>What a migration is to do: plans that run one after the other.</summary>
/// <param name="Installation">What the database holds, or will.</param>
/// <param name="Initializes">The database was not initialised.</param>
/// <param name="Parts">The plans, each with the table that keeps tenants apart by it, as SQL names it.</param>
public sealed record MigrationPlan(Installation Installation, bool Initializes, IReadOnlyList<(Plan Plan, string? QuotedTable)> Parts)
{
    /// <summary>True where nothing is missing.</summary>
    public bool IsEmpty => !Initializes && Parts.All(p => p.Plan.IsEmpty);
}
