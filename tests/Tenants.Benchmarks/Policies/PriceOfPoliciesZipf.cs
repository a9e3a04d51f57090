namespace Tenants.Benchmarks.Policies;

/// <summary>The largest of tenants of very different sizes.</summary>
internal sealed class PriceOfPoliciesZipf() : PriceOfPolicies(isSkewed: true);
