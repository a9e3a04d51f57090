namespace Tenants;

/// <summary>How a table keeps tenants apart.</summary>
public sealed record TenantRls
{
    /// <summary>The table, qualified and quoted where that is needed, as <c>-Table</c> takes it.</summary>
    public required string Table { get; init; }

    /// <summary>The schema's name as it is.</summary>
    public required string Schema { get; init; }

    /// <summary>The table's name as it is.</summary>
    public required string Name { get; init; }

    /// <summary>Whether it keeps tenants apart.</summary>
    public required TenantRlsState State { get; init; }

    /// <summary>The tenant column; null where there is none.</summary>
    public string? Column { get; init; }

    /// <summary>The tenant column's type, as PostgreSQL writes it.</summary>
    public string? Type { get; init; }

    /// <summary>Row security is on.</summary>
    public required bool Enabled { get; init; }

    /// <summary>Row security binds the table's owner too.</summary>
    public required bool Forced { get; init; }

    /// <summary>The names of its policies, the module's own and others.</summary>
    public required IReadOnlyList<string> Policies { get; init; }

    /// <summary>An index that leads with the tenant column; null where there is none.</summary>
    public string? Index { get; init; }

    /// <summary>The table's owner.</summary>
    public required string Owner { get; init; }

    /// <summary>Its partitions or children, on every level: they are closed together with it.</summary>
    public required IReadOnlyList<string> Partitions { get; init; }

    /// <summary>What Enable-TenantRls would do to it; empty where nothing is missing.</summary>
    public required IReadOnlyList<string> Missing { get; init; }

    /// <summary>Permissive policies of others that open rows to other tenants.</summary>
    public IReadOnlyList<string> OpenedBy { get; init; } = [];

    /// <summary>What was done just now; empty where nothing was, or where it was only looked at.</summary>
    public IReadOnlyList<string> Done { get; init; } = [];

    /// <summary>The table, as <c>-Table</c> takes it.</summary>
    public override string ToString() => Table;
}
