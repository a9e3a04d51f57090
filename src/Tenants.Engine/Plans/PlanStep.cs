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

    /// <summary>The lock as PostgreSQL names it, for people.</summary>
    public string LockText => Lock == LockLevel.None
        ? "no table lock"
        : $"{string.Concat(Lock.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? " " + c : c.ToString())).ToUpperInvariant()} on {LockedTable}";
}
