using Npgsql;
using Tenants.Engine.Catalog;

namespace Tenants.Engine.Tenants;

/// <summary>The order in which rows can be deleted: what refers to others goes before them.</summary>
internal static class DeletionOrder
{
    // A partition's constraint stands for its table's, so both ends are lifted to the tables that are deleted from.
    private const string Query = """
        with recursive lifted(oid, top) as (
            select t.oid, t.oid from pg_catalog.unnest($1::oid[]) t(oid)
            union select i.inhrelid, l.top from pg_catalog.pg_inherits i join lifted l on l.oid = i.inhparent)
        select distinct referring.top, referred.top
        from pg_catalog.pg_constraint c
        join lifted referring on referring.oid = c.conrelid
        join lifted referred on referred.oid = c.confrelid
        where c.contype = 'f' and referring.top <> referred.top
        """;

    /// <summary>Groups of tables, in order. Each is one table, but for the last, which holds those that refer to each other in a ring.</summary>
    public static async Task<IReadOnlyList<IReadOnlyList<TenantTable>>> OfAsync(
        NpgsqlConnection connection, IReadOnlyList<TenantTable> tables, CancellationToken cancellationToken)
    {
        var references = await ReadAsync(connection, tables, cancellationToken).ConfigureAwait(false);
        var waiting = tables.ToList();
        var order = new List<IReadOnlyList<TenantTable>>();
        while (waiting.Count > 0)
        {
            var free = waiting.FirstOrDefault(t => !references.Any(r => r.Referred == t.Oid && waiting.Any(w => w.Oid == r.Referring)));
            if (free is null)
            {
                order.Add(waiting);
                break;
            }

            waiting.Remove(free);
            order.Add([free]);
        }

        return order;
    }

    private static async Task<List<(uint Referring, uint Referred)>> ReadAsync(
        NpgsqlConnection connection, IReadOnlyList<TenantTable> tables, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Query, connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = tables.Select(t => t.Oid).ToArray(), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Oid },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var references = new List<(uint, uint)>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            references.Add((reader.GetFieldValue<uint>(0), reader.GetFieldValue<uint>(1)));
        }

        return references;
    }
}
