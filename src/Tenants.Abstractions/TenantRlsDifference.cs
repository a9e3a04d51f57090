namespace Tenants;

/// <summary>One difference between what is in the database and what ought to be.</summary>
public sealed record TenantRlsDifference
{
    /// <summary>The table, as <c>-Table</c> takes it: the root, where a partition or child differs; null where the whole database is meant.</summary>
    public string? Table { get; init; }

    /// <summary>The partition or child that differs by itself; null where it is the table.</summary>
    public string? Partition { get; init; }

    /// <summary>What differs.</summary>
    public required TenantRlsDifferenceKind Kind { get; init; }

    /// <summary>How much it matters.</summary>
    public required TenantRlsSeverity Severity { get; init; }

    /// <summary>The name of what differs inside the table: a column, index, constraint, trigger, policy, or the role that has a right.</summary>
    public string? Name { get; init; }

    /// <summary>What ought to be; null where there ought to be nothing.</summary>
    public string? Expected { get; init; }

    /// <summary>What is; null where there is nothing.</summary>
    public string? Actual { get; init; }

    /// <summary>What is wrong, and what comes of it, in a sentence.</summary>
    public required string Description { get; init; }

    /// <summary>What mends it, in a few words: the purpose of the plan's steps.</summary>
    public string? Purpose { get; init; }

    /// <summary>The SQL that mends it; null where somebody must decide first, and <see cref="Command"/> says how.</summary>
    public string? Mend { get; init; }

    /// <summary>The strongest lock that the SQL takes, as PostgreSQL names it; null where there is none to run.</summary>
    public string? Lock { get; init; }

    /// <summary>The command of this module that mends it; null where only the SQL does.</summary>
    public string? Command { get; init; }

    /// <summary>Severity, kind, table and description.</summary>
    public override string ToString() => $"{Severity}: {Kind}{((Partition ?? Table) is { } where ? $" {where}" : "")}: {Description}";
}
