namespace Tenants;

/// <summary>What came of an import.</summary>
/// <param name="Tenant">Whose rows they are.</param>
/// <param name="Table">The table, with its schema.</param>
/// <param name="Rows">How many rows the server took. A trigger may have kept some away.</param>
/// <param name="Elapsed">How long it took, from the first object to the commit.</param>
public sealed record TenantImportResult(string Tenant, string Table, long Rows, TimeSpan Elapsed)
{
    /// <summary>Rows per second.</summary>
    public double RowsPerSecond => Elapsed > TimeSpan.Zero ? Rows / Elapsed.TotalSeconds : 0;
}
