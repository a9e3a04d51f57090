using Npgsql;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Catalog;

/// <summary>Reads the tables without tenants that tenants' SQL may read.</summary>
internal static class SharedTables
{
    /// <summary>The registered tables that still exist, by schema and name.</summary>
    public static async Task<IReadOnlyList<SharedTable>> ListAsync(
        NpgsqlConnection connection, Installation installation, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            select s.oid, n.nspname::text, c.relname::text, s.writable
            from {installation.QuotedSchema}.shared_table s
            join pg_catalog.pg_class c on c.oid = s.oid
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            order by n.nspname, c.relname
            """,
            connection);
        var tables = new List<SharedTable>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            tables.Add(new SharedTable(reader.GetFieldValue<uint>(0), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3)));
        }

        return tables;
    }
}
