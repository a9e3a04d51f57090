using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Comparing;

/// <summary>Which tables a comparison looks at.</summary>
/// <param name="Tables">Those that keep tenants apart, should, or lie beside such.</param>
/// <param name="Shared">The shared ones that are looked at.</param>
/// <param name="IsAll">All of the database's.</param>
internal sealed record ComparedScope(IReadOnlyList<ComparedTable> Tables, IReadOnlyList<SharedTable> Shared, bool IsAll)
{
    /// <summary>Reads it.</summary>
    /// <param name="connection">A connection that is in no transaction.</param>
    /// <param name="installation">What lies in the database.</param>
    /// <param name="named">The tables that were named; null for all.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<ComparedScope> ReadAsync(
        NpgsqlConnection connection, Installation installation, IReadOnlyCollection<TableInfo>? named, CancellationToken cancellationToken)
    {
        var shared = await SharedTables.ListAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        var sharedOids = shared.Select(s => s.Oid).ToHashSet();
        if (named is null)
        {
            var concerned = await RlsReader.ConcernedAsync(connection, installation, cancellationToken).ConfigureAwait(false);
            var tables = await ReadAsync(connection, installation, [.. concerned.Where(o => !sharedOids.Contains(o))], false, cancellationToken).ConfigureAwait(false);

            // A table to which somebody gave tenants' SQL a right, and that never kept any apart, is told as a right.
            tables = [.. tables.Where(t => t.Root.Column is not null || !ComparedTable.IsBare(t.Root))];
            string[] schemas = [.. tables.Select(t => t.Root.Schema).Distinct()];
            var known = tables.Select(t => t.Root.Oid).Concat(concerned).Concat(sharedOids).ToHashSet();
            var others = await OtherRelations.TablesAsync(connection, schemas, cancellationToken).ConfigureAwait(false);
            var beside = await ReadAsync(connection, installation, [.. others.Where(o => !known.Contains(o))], false, cancellationToken).ConfigureAwait(false);
            return new ComparedScope([.. tables, .. beside], shared, true);
        }

        var roots = new List<uint>();
        foreach (var table in named)
        {
            if (!sharedOids.Contains(table.Oid))
            {
                TableCheck.EnsureSupported(table, installation);
            }

            // A partition or child is what its root makes it.
            roots.AddRange(table.IsChild ? await TableFamilyReader.RootsAsync(connection, table.Oid, cancellationToken).ConfigureAwait(false) : [table.Oid]);
        }

        return new ComparedScope(
            await ReadAsync(connection, installation, [.. roots.Distinct().Where(o => !sharedOids.Contains(o))], true, cancellationToken).ConfigureAwait(false),
            [.. shared.Where(s => roots.Contains(s.Oid))],
            false);
    }

    private static async Task<IReadOnlyList<ComparedTable>> ReadAsync(
        NpgsqlConnection connection, Installation installation, uint[] roots, bool isWanted, CancellationToken cancellationToken)
    {
        var columns = await OtherRelations.ColumnsAsync(connection, installation, roots, cancellationToken).ConfigureAwait(false);
        var tables = new List<ComparedTable>();
        foreach (var sameColumn in roots.GroupBy(o => columns.GetValueOrDefault(o)))
        {
            var families = await TableFamilyReader.ReadAsync(connection, installation, [.. sameColumn], sameColumn.Key, cancellationToken).ConfigureAwait(false);
            tables.AddRange(families.Select(f => new ComparedTable(f, new EnableRequest(), null, isWanted)));
        }

        return [.. tables.OrderBy(t => t.Root.Schema, StringComparer.Ordinal).ThenBy(t => t.Root.Name, StringComparer.Ordinal)];
    }
}
