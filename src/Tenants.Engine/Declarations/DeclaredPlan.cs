using Tenants.Engine.Plans;

namespace Tenants.Engine.Declarations;

/// <summary>What brings a table to what was declared of it.</summary>
/// <param name="Enabling">All steps, those of its policies last: one transaction.</param>
/// <param name="Surplus">Policies that stand on it, are not the module's and were not declared. They are left alone.</param>
public sealed record DeclaredPlan(EnablePlan Enabling, IReadOnlyList<TenantPolicy> Surplus)
{
    /// <summary>The steps of the declared policies alone, for a table that is brought to the rest in another way.</summary>
    public IReadOnlyList<PlanStep> Policies { get; init; } = [];
}
