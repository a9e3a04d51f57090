using System.Security.Cryptography;
using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>
/// Plans the three roles of a database. Roles are the cluster's, while the schema is the database's: so their names carry the
/// database, and a role that others belong to is never taken over.
/// </summary>
internal static class RolePlanner
{
    /// <summary>
    /// An SQL condition over a role <c>r</c>. It can be used if a DBA made it for this login: it cannot log in, owns nothing, holds no
    /// right anywhere, and nobody but this login works through it.
    /// </summary>
    internal const string IsFree = """
        not r.rolcanlogin and not r.rolsuper and not r.rolbypassrls and not r.rolcreaterole and not r.rolcreatedb and not r.rolreplication
        and not exists (select from pg_catalog.pg_shdepend d where d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass and d.refobjid = r.oid)
        and not exists (select from pg_catalog.pg_auth_members m join pg_catalog.pg_roles g on g.oid = m.member
                        where m.roleid = r.oid and g.rolname <> session_user and not g.rolsuper
                          and coalesce((pg_catalog.to_jsonb(m) ->> 'inherit_option')::boolean, true))
        and not exists (select from pg_catalog.pg_auth_members m where m.member = r.oid)
        """;

    private const string ReadRoles = $"""
        select r.rolname::text,
               {IsFree}
               as free,
               pg_catalog.pg_has_role(session_user, r.oid, 'usage')
               and (self.rolsuper
                    or exists (select from pg_catalog.pg_auth_members m where m.roleid = r.oid and m.member = self.oid
                               and coalesce((pg_catalog.to_jsonb(m) ->> 'set_option')::boolean, true)))
               as mine,
               pg_catalog.pg_has_role(session_user, r.oid, 'member with admin option') as can_grant
        from pg_catalog.pg_roles r, pg_catalog.pg_roles self
        where r.rolname = any ($1) and self.rolname = session_user
        """;

    /// <summary>The names of the roles, and the steps that are missing.</summary>
    /// <exception cref="TenantException"><c>PermissionDenied</c> with the script that a DBA must run; <c>RoleNotOurs</c>.</exception>
    public static async Task<(string Owner, string Admin, string Session, IReadOnlyList<PlanStep> Steps)> PlanAsync(
        TenantDatabase database, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var rights = await LoginRights.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        var suffix = database.Database;
        for (var attempt = 0; ; attempt++)
        {
            string[] names = [RoleName.Of("tenants_owner_", suffix), RoleName.Of("tenants_admin_", suffix), RoleName.Of("tenants_session_", suffix)];
            var existing = await ReadAsync(connection, names, cancellationToken).ConfigureAwait(false);
            if (existing.Values.All(r => r.IsFree))
            {
                CheckInherit(database, rights);
                var script = DbaScript.Of(database, rights, names, existing);
                if (script.Length > 0)
                {
                    throw DbaScript.Needed(database, script);
                }

                return (names[0], names[1], names[2], [.. names.SelectMany(n => Steps(database, rights, n, existing))]);
            }

            if (attempt == 5)
            {
                throw new TenantException(
                    "RoleNotOurs",
                    TenantErrorKind.AlreadyExists,
                    $"Roles named {string.Join(", ", names)} exist and others use them. Drop or rename them.");
            }

            // Left by a database of the same name, or somebody else's: whoever belongs to them must see nothing here.
            suffix = $"{database.Database}_{Convert.ToHexString(RandomNumberGenerator.GetBytes(3)).ToLowerInvariant()}";
        }
    }

    // Before 16 it is the login that inherits or not, and one that does not would see no row through the admin's view.
    private static void CheckInherit(TenantDatabase database, LoginRights rights)
    {
        if (database.ServerVersion.Major < RoleGrant.GrantOptions && !rights.Inherits)
        {
            throw new TenantException(
                "PermissionDenied",
                TenantErrorKind.PermissionDenied,
                $"The login '{database.SessionUser}' does not inherit the rights of its roles (NOINHERIT), and so would see no rows of its own tables. Run this, then the command again: alter role {Quote.Identifier(database.SessionUser)} inherit;")
            {
                Target = database.SessionUser,
            };
        }
    }

    private static async Task<Dictionary<string, FoundRole>> ReadAsync(
        NpgsqlConnection connection, string[] names, CancellationToken cancellationToken)
    {
        var roles = new Dictionary<string, FoundRole>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand(ReadRoles, connection)
        {
            Parameters = { new NpgsqlParameter<string[]> { TypedValue = names } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            roles[reader.GetString(0)] = new FoundRole(reader.GetBoolean(1), reader.GetBoolean(2), reader.GetBoolean(3));
        }

        return roles;
    }

    private static IEnumerable<PlanStep> Steps(TenantDatabase database, LoginRights rights, string name, Dictionary<string, FoundRole> existing)
    {
        var role = Quote.Identifier(name);
        var found = existing.GetValueOrDefault(name);
        if (found is null)
        {
            yield return new PlanStep("a role of this database", $"create role {role} nologin") { Down = $"drop role {role}" };
        }

        if (found is not { IsMine: true } && !rights.IsSuperuser)
        {
            var login = Quote.Identifier(database.SessionUser);
            yield return new PlanStep("the login works through it", RoleGrant.Full(database.ServerVersion, role, login)) { Down = $"revoke {role} from {login}" };
        }
    }

    /// <summary>A role that is there.</summary>
    /// <param name="IsFree">Nobody else uses it.</param>
    /// <param name="IsMine">The login has its rights and may become it.</param>
    /// <param name="CanGrant">The login may grant it.</param>
    internal sealed record FoundRole(bool IsFree, bool IsMine, bool CanGrant);
}
