using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Catalog;

/// <summary>Reads tables together with their partitions and children.</summary>
internal static class TableFamilyReader
{
    private const string Descendants = """
        with recursive below(root, oid) as (
            select h.inhparent, h.inhrelid from pg_catalog.pg_inherits h where h.inhparent = any ($1)
            union
            select b.root, h.inhrelid from below b join pg_catalog.pg_inherits h on h.inhparent = b.oid)
        select root, oid from below
        """;

    private const string Roots = """
        with recursive above(oid) as (
            select h.inhparent from pg_catalog.pg_inherits h where h.inhrelid = $1
            union
            select h.inhparent from above a join pg_catalog.pg_inherits h on h.inhrelid = a.oid)
        select a.oid from above a
        where not exists (select from pg_catalog.pg_inherits h where h.inhrelid = a.oid)
        """;

    /// <summary>The families of some roots, by schema and name.</summary>
    /// <param name="connection">A connection that is in no transaction.</param>
    /// <param name="installation">What lies in the database, or will.</param>
    /// <param name="roots">The roots' OIDs.</param>
    /// <param name="column">The tenant column; null for the one that the policy names, else <c>tenant</c>.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<IReadOnlyList<TableFamily>> ReadAsync(
        NpgsqlConnection connection, Installation installation, IReadOnlyCollection<uint> roots, string? column, CancellationToken cancellationToken)
    {
        var states = await TableStateReader.ReadAsync(connection, installation, [.. roots.Select(r => (r, column))], cancellationToken).ConfigureAwait(false);
        var below = await BelowAsync(connection, [.. roots], cancellationToken).ConfigureAwait(false);
        var children = new Dictionary<(uint Child, string Column), TableState>();
        foreach (var sameColumn in states.Values.GroupBy(root => ColumnOf(root, column)))
        {
            // A child's column is that of its root.
            (uint, string?)[] wanted = [.. sameColumn.SelectMany(root => below[root.Oid]).Distinct().Select(child => (child, (string?)sameColumn.Key))];
            if (wanted.Length == 0)
            {
                continue;
            }

            var read = await TableStateReader.ReadAsync(connection, installation, wanted, cancellationToken).ConfigureAwait(false);
            foreach (var child in read.Values)
            {
                children[(child.Oid, sameColumn.Key)] = child;
            }
        }

        IReadOnlyList<TableState> ChildrenOf(TableState root) =>
        [
            .. below[root.Oid]
                .Where(child => children.ContainsKey((child, ColumnOf(root, column))))
                .Select(child => children[(child, ColumnOf(root, column))])
                .OrderBy(child => child.DisplayName, StringComparer.Ordinal),
        ];

        return
        [
            .. states.Values
                .Select(root => new TableFamily(root, ChildrenOf(root)))
                .OrderBy(family => family.Root.Schema, StringComparer.Ordinal)
                .ThenBy(family => family.Root.Name, StringComparer.Ordinal),
        ];
    }

    /// <summary>The tables at the top of a child's hierarchy.</summary>
    public static async Task<IReadOnlyList<uint>> RootsAsync(NpgsqlConnection connection, uint child, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Roots, connection)
        {
            Parameters = { new NpgsqlParameter { Value = child, NpgsqlDbType = NpgsqlDbType.Oid } },
        };
        var roots = new List<uint>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            roots.Add(reader.GetFieldValue<uint>(0));
        }

        return roots;
    }

    private static string ColumnOf(TableState root, string? column) => root.Column?.Name ?? column ?? TenantTables.DefaultColumn;

    private static async Task<ILookup<uint, uint>> BelowAsync(NpgsqlConnection connection, uint[] roots, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Descendants, connection)
        {
            Parameters = { new NpgsqlParameter { Value = roots, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Oid } },
        };
        var pairs = new List<(uint Root, uint Child)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            pairs.Add((reader.GetFieldValue<uint>(0), reader.GetFieldValue<uint>(1)));
        }

        return pairs.ToLookup(p => p.Root, p => p.Child);
    }
}
