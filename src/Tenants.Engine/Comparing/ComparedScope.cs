using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Declarations;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Comparing;

/// <summary>Which tables a comparison looks at.</summary>
/// <param name="Tables">Those that keep tenants apart, should, or lie beside such.</param>
/// <param name="Shared">The shared ones, and those that are declared so.</param>
/// <param name="IsAll">All of the database's.</param>
internal sealed record ComparedScope(IReadOnlyList<ComparedTable> Tables, IReadOnlyList<ComparedSharing> Shared, bool IsAll)
{
    /// <summary>Reads it.</summary>
    /// <param name="connection">A connection that is in no transaction.</param>
    /// <param name="installation">What lies in the database.</param>
    /// <param name="named">The tables that were named; null for all.</param>
    /// <param name="declared">What a declaration means here; null where there is none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<ComparedScope> ReadAsync(
        NpgsqlConnection connection,
        Installation installation,
        IReadOnlyCollection<TableInfo>? named,
        ResolvedDeclaration? declared,
        CancellationToken cancellationToken)
    {
        var registered = await SharedTables.ListAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        var shared = ComparedSharing.Read(registered, declared);
        var sharedOids = shared.Select(s => s.Oid).ToHashSet();
        var declaredTables = new Dictionary<uint, ResolvedTable>();
        foreach (var table in declared?.Tables ?? [])
        {
            foreach (var root in await RootsAsync(connection, table.Table, cancellationToken).ConfigureAwait(false))
            {
                declaredTables[root] = table;
            }
        }

        var reader = new ComparedTableReader(connection, installation, declared is not null, declaredTables);
        if (named is not null)
        {
            var roots = new HashSet<uint>();
            foreach (var table in named)
            {
                if (!sharedOids.Contains(table.Oid))
                {
                    TableCheck.EnsureSupported(table, installation);
                }

                roots.UnionWith(await RootsAsync(connection, table, cancellationToken).ConfigureAwait(false));
            }

            return new ComparedScope(
                await reader.ReadAsync([.. roots.Where(o => declaredTables.ContainsKey(o) || !sharedOids.Contains(o))], true, cancellationToken).ConfigureAwait(false),
                [.. shared.Where(s => roots.Contains(s.Oid))],
                false);
        }

        var concerned = await RlsReader.ConcernedAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        uint[] wanted = [.. concerned.Where(o => !sharedOids.Contains(o)).Union(declaredTables.Keys)];
        var tables = await reader.ReadAsync(wanted, false, cancellationToken).ConfigureAwait(false);

        // A table to which somebody gave tenants' SQL a right, and that never kept any apart, is told as a right.
        tables = [.. tables.Where(t => t.IsWanted || t.Root.Column is not null || !ComparedTable.IsBare(t.Root))];
        string[] schemas = [.. tables.Select(t => t.Root.Schema).Distinct()];
        var known = wanted.Concat(sharedOids).ToHashSet();
        var others = await OtherRelations.TablesAsync(connection, schemas, cancellationToken).ConfigureAwait(false);
        var beside = await reader.ReadAsync([.. others.Where(o => !known.Contains(o))], false, cancellationToken).ConfigureAwait(false);
        return new ComparedScope([.. tables, .. beside], shared, true);
    }

    // A partition or child is what its root makes it.
    private static async Task<IReadOnlyList<uint>> RootsAsync(NpgsqlConnection connection, TableInfo table, CancellationToken cancellationToken) =>
        table.IsChild ? await TableFamilyReader.RootsAsync(connection, table.Oid, cancellationToken).ConfigureAwait(false) : [table.Oid];
}
