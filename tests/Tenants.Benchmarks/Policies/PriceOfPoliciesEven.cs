namespace Tenants.Benchmarks.Policies;

/// <summary>Tenants of one size.</summary>
internal sealed class PriceOfPoliciesEven() : PriceOfPolicies(isSkewed: false);
