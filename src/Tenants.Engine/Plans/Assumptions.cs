using Tenants.Engine.Isolation;

namespace Tenants.Engine.Plans;

/// <summary>What plans before this one would have made, where they were only shown: so that several under -WhatIf read as one run.</summary>
/// <param name="Installation">What the database would hold; null where no plan makes it.</param>
/// <param name="Tenants">Tenants that would be registered.</param>
public sealed record Assumptions(Installation? Installation, IReadOnlyList<string> Tenants)
{
    /// <summary>Nothing: the database is as it is.</summary>
    public static readonly Assumptions None = new(null, []);
}
