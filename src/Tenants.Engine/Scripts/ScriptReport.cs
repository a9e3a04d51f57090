namespace Tenants.Engine.Scripts;

/// <summary>What a test of a script found.</summary>
/// <param name="Statements">Every statement, in order.</param>
/// <param name="Warnings">What the test could not see.</param>
public sealed record ScriptReport(IReadOnlyList<TenantScriptDifference> Statements, IReadOnlyList<string> Warnings);
