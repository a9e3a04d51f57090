using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>What becomes of rows that have no tenant.</summary>
/// <param name="HasRows">The table has rows, and no tenant column yet.</param>
/// <param name="Nulls">How many rows have no value in the tenant column.</param>
/// <param name="Tenant">Whose they become.</param>
/// <param name="IsRegistered">That tenant is in the registry.</param>
internal sealed record Fill(bool HasRows, long Nulls, string? Tenant, bool IsRegistered)
{
    /// <summary>No row is without a tenant, or nobody looked.</summary>
    public static readonly Fill None = new(false, 0, null, true);

    /// <summary>What tells whose each row becomes, where they are not all one tenant's: an SQL expression over a row that is named <c>t</c>.</summary>
    public string? Expression { get; init; }

    /// <summary>What a trigger needs to evaluate it.</summary>
    public RowExpression? Row { get; init; }

    /// <summary>The table is in use: further rows without a tenant may come.</summary>
    public bool IsLive { get; init; }

    /// <summary>Some row gets a tenant.</summary>
    public bool IsNeeded => Value is not null && (HasRows || Nulls > 0 || IsLive);

    /// <summary>The tenant that a row gets, as SQL over a row that is named <c>t</c>.</summary>
    public string? Value => Expression ?? (Tenant is null ? null : Quote.Literal(Tenant));

    /// <summary>Whose the rows become, for people.</summary>
    public string Whose => Tenant is null ? "the tenant's that the expression gives" : $"{Tenant}'s";
}
