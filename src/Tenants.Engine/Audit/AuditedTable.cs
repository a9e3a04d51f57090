using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Audit;

/// <summary>The table that is looked at, and what all rules need to know.</summary>
/// <param name="Oid">The table.</param>
/// <param name="Schema">Its schema.</param>
/// <param name="Table">Its name.</param>
/// <param name="Column">Its tenant column, which may not be there yet.</param>
/// <param name="Owner">Its owner.</param>
/// <param name="IsOwnerBypassing">No policy binds the owner: a superuser, or BYPASSRLS.</param>
/// <param name="IsEnforced">It is a tenant table already.</param>
/// <param name="SearchPath">The connection's path, to go back to.</param>
/// <param name="Server">The server's version.</param>
/// <param name="Installation">What lies in the database, or will.</param>
/// <param name="TenantRoles">The roles of tenants' SQL.</param>
internal sealed record AuditedTable(
    uint Oid,
    string Schema,
    string Table,
    string Column,
    string Owner,
    bool IsOwnerBypassing,
    bool IsEnforced,
    string SearchPath,
    Version Server,
    Installation Installation,
    TenantRoles TenantRoles)
{
    /// <summary>The name for people.</summary>
    public string Name { get; } = TableName.Format(Schema, Table);

    /// <summary>The name in a statement.</summary>
    public string Quoted { get; } = Quote.Identifier(Schema, Table);

    /// <summary>The tenant column in a statement.</summary>
    public string QuotedColumn { get; } = Quote.Identifier(Column);

    /// <summary>Reads it.</summary>
    public static async Task<AuditedTable> ReadAsync(
        NpgsqlConnection connection, Installation installation, uint oid, string column, CancellationToken cancellationToken)
    {
        var roles = await TenantRoles.ReadAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        await using var command = new NpgsqlCommand(
            """
            select n.nspname::text, c.relname::text, r.rolname::text, r.rolsuper or r.rolbypassrls,
                   c.relrowsecurity and c.relforcerowsecurity
                   and exists (select from pg_catalog.pg_policy p where p.polrelid = c.oid and p.polname = $2),
                   pg_catalog.current_setting('search_path')
            from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            join pg_catalog.pg_roles r on r.oid = c.relowner
            where c.oid = $1
            """,
            connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = oid, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid },
                new NpgsqlParameter<string> { TypedValue = TenantTables.IsolationPolicy },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return new AuditedTable(
            oid,
            reader.GetString(0),
            reader.GetString(1),
            column,
            reader.GetString(2),
            reader.GetBoolean(3),
            reader.GetBoolean(4),
            reader.GetString(5),
            connection.PostgreSqlVersion,
            installation,
            roles);
    }
}
