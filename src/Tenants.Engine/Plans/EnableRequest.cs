namespace Tenants.Engine.Plans;

/// <summary>What is asked of a table that is to keep tenants apart.</summary>
/// <param name="Column">The tenant column; null for the one that it has already, else <c>tenant</c>.</param>
/// <param name="DefaultTenant">Whose the rows without a tenant become.</param>
public sealed record EnableRequest(string? Column = null, string? DefaultTenant = null)
{
    /// <summary>All that tenants' SQL can be granted: no policy filters TRUNCATE, REFERENCES and TRIGGER.</summary>
    public static readonly IReadOnlyList<string> AllRights = ["select", "insert", "update", "delete"];

    /// <summary>
    /// The tenant of rows that have none: an SQL expression over a row that is named <c>t</c>, or a query of one value
    /// (<c>select a.tenant from account a where a.id = t.account_id</c>).
    /// </summary>
    public string? Backfill { get; init; }

    /// <summary>The type of a tenant column that is to be made, as SQL writes it; null for that of the database's tenants.</summary>
    public string? Type { get; init; }

    /// <summary>The type under <see cref="Type"/> where that is a domain, as PostgreSQL writes it; else null.</summary>
    public string? BaseType { get; init; }

    /// <summary>The rights of tenants' SQL on the table, in lower case.</summary>
    public IReadOnlyList<string> Rights { get; init; } = AllRights;

    /// <summary>Declared policies that a table in use lacks: they are made in the transaction that opens it to tenants, so that none of them ever finds it without.</summary>
    public IReadOnlyList<PlanStep> Policies { get; init; } = [];
}
