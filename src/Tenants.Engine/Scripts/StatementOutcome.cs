namespace Tenants.Engine.Scripts;

/// <summary>What one statement did in one run.</summary>
internal sealed record StatementOutcome
{
    /// <summary>It was not run.</summary>
    public static readonly StatementOutcome NotRun = new() { IsRun = false };

    /// <summary>It was run.</summary>
    public bool IsRun { get; init; } = true;

    /// <summary>How many rows it changed or returned, by its own account; null where it counts none.</summary>
    public long? Rows { get; init; }

    /// <summary>The one number of rows that it returned.</summary>
    public long? Number { get; init; }

    /// <summary>It returned one value, and that was NULL: the largest key of no row, say, for a sequence to go on from.</summary>
    public bool IsNull { get; init; }

    /// <summary>The rows that were changed, by table.</summary>
    public IReadOnlyDictionary<string, RowChanges> Changes { get; init; } = new Dictionary<string, RowChanges>();

    /// <summary>Why it failed; null where it did not.</summary>
    public TenantException? Error { get; init; }

    /// <summary>The line on which the error points.</summary>
    public int ErrorLine { get; init; }
}
