namespace Tenants.Engine.Plans;

/// <summary>An ordered list of steps that takes the database from what it is to what was asked.</summary>
/// <param name="Target">What it is about: a table, the database.</param>
/// <param name="Steps">The missing steps, in order; none where nothing is missing.</param>
public sealed record Plan(string Target, IReadOnlyList<PlanStep> Steps)
{
    /// <summary>What the user should hear: what makes the result less tight than it looks, with the mend.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What the user should be asked before it runs; none where nobody is hurt.</summary>
    public IReadOnlyList<string> Questions { get; init; } = [];

    /// <summary>What the user should know before it runs, in a few lines: who will see what.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The steps, grouped by the transaction that they run in: one where all of it happens or nothing.</summary>
    public IReadOnlyList<PlanUnit> Units => PlanUnit.Group(Steps);

    /// <summary>True where nothing is missing.</summary>
    public bool IsEmpty => Steps.Count == 0;

    /// <summary>True where the table is in use while it runs: a step that others wait for has two seconds, and rows are filled in a portion at a time.</summary>
    public bool IsOnline { get; init; }

    /// <summary>What it took for granted of rollouts of its table; null where it is about none.</summary>
    internal Rollouts.RolloutGuard? Guard { get; init; }

    /// <summary>True where the plan makes, updates or drops what the module keeps in the database.</summary>
    public bool ChangesInstallation { get; init; }
}
