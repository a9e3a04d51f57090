namespace Tenants.Engine.Tenants;

/// <summary>How many rows of a tenant a table holds.</summary>
/// <param name="Table">The table, as people name it.</param>
/// <param name="Rows">The number of rows.</param>
public sealed record TenantRowCount(string Table, long Rows)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Table} ({Rows})";
}
