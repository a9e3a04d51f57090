using Tenants.Engine.Plans;

namespace Tenants.Engine.Rollouts;

/// <summary>A rollout as it is planned.</summary>
/// <param name="Planned">The plan.</param>
/// <param name="Fill">What becomes of rows that have no tenant.</param>
/// <param name="Column">The tenant column.</param>
/// <param name="HasBegun">An earlier run has begun it.</param>
internal sealed record Rollout(EnablePlan Planned, Fill Fill, string Column, bool HasBegun)
{
    /// <summary>What an earlier run was told, by which one that is told nothing goes on; else null.</summary>
    public RolloutState? Resumes { get; init; }
}
