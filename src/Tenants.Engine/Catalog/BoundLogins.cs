using Npgsql;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Catalog;

/// <summary>The logins that are one tenant's for ever.</summary>
internal static class BoundLogins
{
    /// <summary>A query for their OIDs; one that gives none where the registry is not there yet, or not ours to read.</summary>
    public static async Task<string> QueryAsync(NpgsqlConnection connection, Installation installation, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select coalesce((
                select pg_catalog.has_table_privilege(c.oid, 'select') and pg_catalog.has_schema_privilege(n.oid, 'usage')
                from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                where n.nspname = $1 and c.relname = 'login'), false)
            """,
            connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = installation.Schema } },
        };
        var readable = (bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        return readable
            ? $"select b.oid from {installation.QuotedSchema}.login b join pg_catalog.pg_roles r on r.oid = b.oid and r.rolname = b.name"
            : "select 0::pg_catalog.oid as oid where false";
    }
}
