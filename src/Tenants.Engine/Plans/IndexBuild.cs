namespace Tenants.Engine.Plans;

/// <summary>The index that a step builds.</summary>
/// <param name="QuotedName">It as SQL names it.</param>
/// <param name="Column">The one column that it is of.</param>
public sealed record IndexBuild(string QuotedName, string Column);
