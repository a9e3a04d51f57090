namespace Tenants.Engine.Scripts;

/// <summary>How far a test has come.</summary>
/// <param name="Statement">The statement that runs, from 1.</param>
/// <param name="Count">How many there are.</param>
/// <param name="AllRows">True in the run with all rows in sight, the second one.</param>
public sealed record ScriptProgress(int Statement, int Count, bool AllRows);
