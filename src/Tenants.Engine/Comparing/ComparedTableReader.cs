using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Declarations;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Comparing;

/// <summary>Reads tables, each by the tenant column that it ought to have.</summary>
internal sealed class ComparedTableReader(
    NpgsqlConnection connection, Installation installation, bool hasDeclaration, IReadOnlyDictionary<uint, ResolvedTable> declared)
{
    /// <summary>Reads some roots, by schema and name.</summary>
    /// <param name="roots">Their OIDs.</param>
    /// <param name="isWanted">They were named.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task<IReadOnlyList<ComparedTable>> ReadAsync(uint[] roots, bool isWanted, CancellationToken cancellationToken)
    {
        var columns = await OtherRelations.ColumnsAsync(connection, installation, roots, cancellationToken).ConfigureAwait(false);
        var tables = new List<ComparedTable>();
        foreach (var sameColumn in roots.GroupBy(o => declared.GetValueOrDefault(o)?.Declared.Column ?? columns.GetValueOrDefault(o)))
        {
            var families = await TableFamilyReader.ReadAsync(connection, installation, [.. sameColumn], sameColumn.Key, cancellationToken).ConfigureAwait(false);
            tables.AddRange(families.Select(f => Of(f, declared.GetValueOrDefault(f.Root.Oid), isWanted)));
        }

        return [.. tables.OrderBy(t => t.Root.Schema, StringComparer.Ordinal).ThenBy(t => t.Root.Name, StringComparer.Ordinal)];
    }

    private ComparedTable Of(TableFamily family, ResolvedTable? table, bool isWanted) =>
        new(family, table?.Request ?? new EnableRequest(), table, isWanted || table is not null)
        {
            IsUndeclared = hasDeclaration && table is null && !ComparedTable.IsBare(family.Root),
        };
}
