namespace Tenants.Engine.Plans;

/// <summary>Which transaction a step runs in.</summary>
public enum StepScope
{
    /// <summary>One with the steps beside it: all of them happen, or none.</summary>
    Shared,

    /// <summary>A new one, which it shares with the steps after it.</summary>
    First,

    /// <summary>One of its own, so that its lock is gone before the next step.</summary>
    Own,

    /// <summary>None: the server refuses it in a transaction (CREATE INDEX CONCURRENTLY).</summary>
    None,
}
