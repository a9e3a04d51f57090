namespace Tenants;

/// <summary>One statement of a script, run as the login that is to run it and with all rows in sight.</summary>
public sealed record TenantScriptDifference
{
    /// <summary>The script's file; null where there is none.</summary>
    public string? Path { get; init; }

    /// <summary>Which statement of the script it is, from 1.</summary>
    public required int Statement { get; init; }

    /// <summary>The line on which it begins, from 1.</summary>
    public required int Line { get; init; }

    /// <summary>Its beginning, on one line; what stands in quotes is left out, for it may be a password.</summary>
    public required string Text { get; init; }

    /// <summary>What came of it.</summary>
    public required TenantScriptResult Result { get; init; }

    /// <summary>How many rows it changed or returned as the login, or the one number that it returned; null where it counts none.</summary>
    public long? AsLogin { get; init; }

    /// <summary>The same with all rows in sight.</summary>
    public long? AllRows { get; init; }

    /// <summary>The tables whose rows it changes otherwise, qualified, as the cmdlets take them; empty where that is not known.</summary>
    public IReadOnlyList<string> Table { get; init; } = [];

    /// <summary>What happened, in a sentence or two.</summary>
    public string? Explanation { get; init; }

    /// <summary>What to do about it.</summary>
    public string? Advice { get; init; }
}
