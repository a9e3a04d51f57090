namespace Tenants;

/// <summary>What row security costs a query: the same question asked as the tenant, and as the admin with the tenant as a condition.</summary>
/// <param name="Tenant">The tenant.</param>
/// <param name="Query">The query, on one line.</param>
/// <param name="WithRls">As the tenant.</param>
/// <param name="WithoutRls">As the admin, without row security; null where the two cannot be compared.</param>
/// <param name="Findings">What makes it slower than it need be.</param>
public sealed record TenantQueryMeasure(string Tenant, string Query, TenantQueryPlan WithRls, TenantQueryPlan? WithoutRls, IReadOnlyList<TenantQueryFinding> Findings)
{
    /// <summary>The time with row security by that without, the median of the pairs; 1 is no price at all. Null where they cannot be compared.</summary>
    public double? Price { get; init; }

    /// <summary>How many pairs were run, one after the other.</summary>
    public int Pairs { get; init; }

    /// <summary>Why the two cannot be compared; null where they can.</summary>
    public string? NotCompared { get; init; }

    /// <summary>Milliseconds with row security.</summary>
    public double WithRlsMilliseconds => WithRls.Milliseconds;

    /// <summary>Milliseconds without.</summary>
    public double? WithoutRlsMilliseconds => WithoutRls?.Milliseconds;

    /// <summary>How many rows it returned to the tenant.</summary>
    public double Rows => WithRls.Rows;
}
