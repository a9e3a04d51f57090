namespace Tenants.Engine.Tenants;

/// <summary>How far a removal is.</summary>
/// <param name="Activity">What it does now, for people.</param>
/// <param name="Done">Tables that are done.</param>
/// <param name="Total">All tables; zero before they are known.</param>
public sealed record TenantRemovalProgress(string Activity, int Done, int Total);
