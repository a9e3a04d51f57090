using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Isolation.Logins;

/// <summary>
/// Lets go of a login that was taken over: its keys, its place in the registry and the rights of tenants' SQL go. The login, its
/// password and all else stay, for they are somebody else's; so do its sessions, in which nothing is any tenant's from then on.
/// </summary>
internal static class LoginRelease
{
    // Since 16 a membership is taken back in the name of who gave it.
    private const string Grants = """
        select g.rolname::text,
               case when pg_catalog.current_setting('server_version_num')::integer >= 160000 then pg_catalog.pg_has_role(session_user, m.grantor, 'usage')
                    else self.rolsuper or self.rolcreaterole or pg_catalog.pg_has_role(session_user, m.roleid, 'member with admin option') end
        from pg_catalog.pg_auth_members m
        join pg_catalog.pg_roles r on r.oid = m.member
        join pg_catalog.pg_roles s on s.oid = m.roleid
        join pg_catalog.pg_roles self on self.rolname = session_user
        left join pg_catalog.pg_roles g on g.oid = m.grantor
        where r.rolname = $1 and s.rolname = $2
        """;

    /// <summary>Lets go of it, all or nothing.</summary>
    /// <returns>What a DBA has yet to run, for this admin may not; null for nothing.</returns>
    public static async Task<string?> RunAsync(NpgsqlConnection connection, Installation installation, string name, bool isThere, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        foreach (var statement in (string[])[
            $"select {installation.QuotedSchema}.retire_keys($1, interval '0', null)", $"delete from {installation.QuotedSchema}.login where name = $1"])
        {
            await using var command = new NpgsqlCommand(statement, connection) { Parameters = { Name(name) } };
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        var left = false;
        if (isThere)
        {
            var revoke = $"revoke {Quote.Identifier(installation.SessionRole)} from {Quote.Identifier(name)}";
            foreach (var (grantor, mayRevoke) in await GrantsAsync(connection, installation, name, cancellationToken).ConfigureAwait(false))
            {
                left |= !mayRevoke;
                if (mayRevoke)
                {
                    var by = connection.PostgreSqlVersion.Major >= RoleGrant.GrantOptions ? $" granted by {Quote.Identifier(grantor)}" : "";
                    await using var command = new NpgsqlCommand(revoke + by, connection);
                    await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                }
            }
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return left ? $"revoke {Quote.Identifier(installation.SessionRole)} from {Quote.Identifier(name)};" : null;
    }

    private static async Task<List<(string Grantor, bool MayRevoke)>> GrantsAsync(
        NpgsqlConnection connection, Installation installation, string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Grants, connection) { Parameters = { Name(name), Name(installation.SessionRole) } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var grants = new List<(string, bool)>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            grants.Add((reader.IsDBNull(0) ? "" : reader.GetString(0), reader.GetBoolean(1)));
        }

        return grants;
    }

    private static NpgsqlParameter Name(string name) => new() { Value = name, NpgsqlDbType = NpgsqlDbType.Name };
}
