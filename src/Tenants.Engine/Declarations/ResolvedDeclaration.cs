namespace Tenants.Engine.Declarations;

/// <summary>What a declaration means in one database.</summary>
/// <param name="Declaration">The declaration.</param>
/// <param name="TenantType">The type of tenant identifiers: the database's, else the declared one, else the one that declared types or columns that are there give away; null where nothing tells.</param>
/// <param name="SharedTables">The shared tables, in the file's order. They come first, for a policy may read them.</param>
/// <param name="Tables">The tables that keep tenants apart, in the file's order; those of one wildcard by schema and name. Each is there once.</param>
/// <param name="Missing">Names without wildcards that no table has.</param>
/// <param name="Warnings">What the user should hear: wildcards that nothing fits.</param>
public sealed record ResolvedDeclaration(
    TenancyDeclaration Declaration,
    TenantIdType? TenantType,
    IReadOnlyList<ResolvedSharedTable> SharedTables,
    IReadOnlyList<ResolvedTable> Tables,
    IReadOnlyList<MissingTable> Missing,
    IReadOnlyList<string> Warnings)
{
    /// <summary>Refuses to go on where a declared table is not there: nothing was changed then.</summary>
    /// <exception cref="TenantException"><c>TableNotFound</c>, which names each.</exception>
    public void EnsureComplete()
    {
        if (Missing is [var first, ..])
        {
            throw Missing.Count == 1
                ? first.Error
                : new TenantException(first.Error.ErrorId, first.Error.Kind, string.Join('\n', Missing.Select(m => m.Error.Message)))
                {
                    Table = first.Error.Table,
                    Target = first.Error.Target,
                };
        }
    }
}
