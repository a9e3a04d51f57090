namespace Tenants.Engine.Plans;

/// <summary>What a plan does at a time: steps that happen together or not at all.</summary>
/// <param name="Steps">The steps, in order.</param>
/// <param name="InTransaction">They run in a transaction; else it is one step that the server takes outside of any.</param>
public sealed record PlanUnit(IReadOnlyList<PlanStep> Steps, bool InTransaction)
{
    /// <summary>Others wait for a lock that it takes.</summary>
    public bool IsStrong => Steps.Any(s => s.Lock >= LockLevel.Share);

    /// <summary>Steps, grouped by the transaction that they run in.</summary>
    /// <param name="steps">The steps, in order.</param>
    public static IReadOnlyList<PlanUnit> Group(IEnumerable<PlanStep> steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        var units = new List<PlanUnit>();
        var together = new List<PlanStep>();
        void Close()
        {
            if (together.Count > 0)
            {
                units.Add(new PlanUnit([.. together], true));
                together.Clear();
            }
        }

        foreach (var step in steps)
        {
            if (step.Scope != StepScope.Shared)
            {
                Close();
            }

            if (step.Scope is StepScope.Shared or StepScope.First)
            {
                together.Add(step);
                continue;
            }

            units.Add(new PlanUnit([step], step.Scope == StepScope.Own));
        }

        Close();
        return units;
    }
}
