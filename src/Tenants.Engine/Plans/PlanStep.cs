namespace Tenants.Engine.Plans;

/// <summary>One step of a plan: one statement.</summary>
/// <param name="Purpose">Why it is there, in a few words.</param>
/// <param name="Up">The statement.</param>
public sealed record PlanStep(string Purpose, string Up)
{
    /// <summary>The statement that undoes it; null where nothing does.</summary>
    public string? Down { get; init; }

    /// <summary>The strongest lock that it takes.</summary>
    public LockLevel Lock { get; init; }

    /// <summary>The table that is locked, as SQL names it.</summary>
    public string? LockedTable { get; init; }

    /// <summary>The table that it concerns where it locks none, as SQL names it: a partition that loses a right of its own.</summary>
    public string? Concerns { get; init; }

    /// <summary>The schemas in which it makes something, and in which the login must be let to: for an index, a function.</summary>
    public IReadOnlyList<string> CreatesIn { get; init; } = [];

    /// <summary>Which transaction it runs in.</summary>
    public StepScope Scope { get; init; }

    /// <summary>What it fills in a portion at a time where the table is in use; null for all other steps.</summary>
    public Backfill? Backfill { get; init; }

    /// <summary>The index that it builds; null for all other steps.</summary>
    public IndexBuild? Index { get; init; }

    /// <summary>The difference that it mends; null where it only serves the steps around it.</summary>
    public TenantRlsDifferenceKind? Mends { get; init; }

    /// <summary>The lock as PostgreSQL names it, for people.</summary>
    public string LockText => Lock == LockLevel.None
        ? "no table lock"
        : $"{string.Concat(Lock.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? " " + c : c.ToString())).ToUpperInvariant()} on {LockedTable}";
}
