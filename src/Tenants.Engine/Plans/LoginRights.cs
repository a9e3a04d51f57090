using Npgsql;

namespace Tenants.Engine.Plans;

/// <summary>What the login may do now: a DBA may have granted it since the connection was opened.</summary>
/// <param name="IsSuperuser">It may do everything.</param>
/// <param name="CanCreateRoles">It may create roles.</param>
/// <param name="CanCreateSchemas">It may create schemas in this database.</param>
/// <param name="Inherits">It has the rights of the roles that it belongs to, unless a grant says otherwise.</param>
internal sealed record LoginRights(bool IsSuperuser, bool CanCreateRoles, bool CanCreateSchemas, bool Inherits)
{
    private const string Query = """
        select rolsuper, rolcreaterole or rolsuper, rolinherit or rolsuper,
               pg_catalog.has_database_privilege(session_user, pg_catalog.current_database(), 'CREATE')
        from pg_catalog.pg_roles where rolname = session_user
        """;

    /// <summary>Asks the server.</summary>
    public static async Task<LoginRights> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Query, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return new LoginRights(reader.GetBoolean(0), reader.GetBoolean(1), reader.GetBoolean(3), reader.GetBoolean(2));
    }
}
