using Tenants.Engine.Plans;

namespace Tenants.Engine.Declarations;

/// <summary>One entry of a declaration: a table, or several by wildcards, that keep tenants apart.</summary>
/// <param name="Table">The name, as <c>-Table</c> takes it; wildcards are allowed.</param>
/// <param name="Line">Where it stands in the file, from 1.</param>
public sealed record DeclaredTable(string Table, int Line)
{
    /// <summary>The tenant column; null for the one that the table has already, else <c>tenant</c>.</summary>
    public string? Column { get; init; }

    /// <summary>The tenant column's type, as SQL writes it; null for whatever it has, or that of the database's tenants.</summary>
    public string? Type { get; init; }

    /// <summary>Whose the rows without a tenant become.</summary>
    public string? DefaultTenant { get; init; }

    /// <summary>From what the tenant of a row without one is derived: an SQL expression over a row named <c>t</c>.</summary>
    public string? Backfill { get; init; }

    /// <summary>The rights of tenants' SQL, in lower case.</summary>
    public IReadOnlyList<string> Rights { get; init; } = EnableRequest.AllRights;

    /// <summary>Further policies beside the module's own two.</summary>
    public IReadOnlyList<PolicyRequest> Policies { get; init; } = [];
}
