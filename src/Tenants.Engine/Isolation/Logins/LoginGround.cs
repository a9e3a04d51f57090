using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Connections;
using Tenants.Engine.Plans;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Isolation.Logins;

/// <summary>What is there before a login is made: its name, and what the admin may do. The rules for CREATEROLE changed with 16.</summary>
/// <param name="Exists">A role has the name already.</param>
/// <param name="CanLogin">That role can log in.</param>
/// <param name="IsRegistered">It is one of this database's logins.</param>
/// <param name="IsMember">It has the rights of tenants' SQL.</param>
/// <param name="MayCreate">The admin may make roles.</param>
/// <param name="MayGrant">The admin may grant the session role.</param>
/// <param name="ServerTime">When the transaction began, in the server's time.</param>
internal sealed record LoginGround(
    bool Exists, bool CanLogin, bool IsRegistered, bool IsMember, bool MayCreate, bool MayGrant, DateTime ServerTime)
{
    private const string Query = """
        select r.oid is not null, coalesce(r.rolcanlogin, false),
               exists (select from {0}.login l where l.oid = r.oid and l.name = r.rolname),
               coalesce(pg_catalog.pg_has_role(r.oid, s.oid, 'usage'), false),
               self.rolsuper or self.rolcreaterole,
               self.rolsuper or pg_catalog.pg_has_role(session_user, s.oid, 'member with admin option')
                   or (self.rolcreaterole and pg_catalog.current_setting('server_version_num')::integer < 160000),
               pg_catalog.transaction_timestamp()
        from pg_catalog.pg_roles self
        join pg_catalog.pg_roles s on s.rolname = $2
        left join pg_catalog.pg_roles r on r.rolname = $1
        where self.rolname = session_user
        """;

    /// <summary>Asks the server.</summary>
    public static async Task<LoginGround> ReadAsync(NpgsqlConnection connection, Installation installation, string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Query.Replace("{0}", installation.QuotedSchema, StringComparison.Ordinal), connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = name, NpgsqlDbType = NpgsqlDbType.Name },
                new NpgsqlParameter { Value = installation.SessionRole, NpgsqlDbType = NpgsqlDbType.Name },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            throw new TenantException(
                "SchemaNotOurs",
                TenantErrorKind.InvalidState,
                $"The role '{installation.SessionRole}' of this database is gone. Roles are the cluster's: restore them (pg_dumpall --roles-only), or uninstall and initialise anew.");
        }

        return new LoginGround(
            reader.GetBoolean(0), reader.GetBoolean(1), reader.GetBoolean(2), reader.GetBoolean(3), reader.GetBoolean(4), reader.GetBoolean(5), reader.GetDateTime(6));
    }

    /// <summary>Refuses what cannot be, with the statements that would make it possible.</summary>
    public void Check(TenantDatabase database, Installation installation, LoginRequest request, string name)
    {
        if (Exists && (IsRegistered || !request.TakeOver || request is not { Kind: TenantLoginKind.App, Name: not null } || !CanLogin))
        {
            throw new TenantException(
                "LoginExists",
                TenantErrorKind.AlreadyExists,
                IsRegistered
                    ? $"'{name}' is a login of the tenants already. Remove-TenantLogin removes it; Reset-TenantKey gives an app login another key."
                    : $"There is a role '{name}' already{(CanLogin ? "" : ", which cannot log in")}. Choose another name; only an app login takes over a login that a DBA made for it.")
            {
                Target = name,
            };
        }

        var script = new List<string>();
        var admin = Quote.Identifier(database.SessionUser);
        var session = Quote.Identifier(installation.SessionRole);
        if (!Exists && !MayCreate)
        {
            if (request.Kind == TenantLoginKind.App)
            {
                // One login, made once: no reason to let the admin make more.
                script.Add($"create role {Quote.Identifier(name)} login;  -- and set its password: \\password {Quote.Identifier(name)}");
                script.Add($"{RoleGrant.RightsOnly(database.ServerVersion, session, Quote.Identifier(name))};");
            }
            else
            {
                script.Add($"alter role {admin} createrole;");
            }
        }

        if (!IsMember && !MayGrant && script.Count < 2)
        {
            script.Add(Exists
                ? $"{RoleGrant.RightsOnly(database.ServerVersion, session, Quote.Identifier(name))};"
                : $"grant {session} to {admin} with admin option;");
        }

        if (script.Count > 0)
        {
            var again = request.Kind == TenantLoginKind.App
                ? $"Then run: New-TenantLogin -App -Name {TableCheck.PowerShellText(name)}"
                : "Then run the command again. Without that right, a service can use an app login that a DBA makes once: New-TenantLogin -App";
            throw new TenantException(
                "PermissionDenied",
                TenantErrorKind.PermissionDenied,
                $"The login '{database.SessionUser}' may not make logins. Have a DBA run this in '{database.Database}':\n\n{string.Join("\n", script)}\n\n{again}\n")
            {
                Target = database.SessionUser,
            };
        }
    }
}
