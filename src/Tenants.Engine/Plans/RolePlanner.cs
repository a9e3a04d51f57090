using System.Security.Cryptography;
using System.Text;
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
    // A role can be used if a DBA made it for this login: it cannot log in, owns nothing, holds no right anywhere,
    // and nobody but this login can become it.
    private const string ReadRoles = """
        select r.rolname,
               not r.rolcanlogin and not r.rolsuper and not r.rolbypassrls and not r.rolcreaterole and not r.rolcreatedb and not r.rolreplication
               and not exists (select from pg_catalog.pg_shdepend d where d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass and d.refobjid = r.oid)
               and not exists (select from pg_catalog.pg_auth_members m join pg_catalog.pg_roles g on g.oid = m.member
                               where m.roleid = r.oid and g.rolname <> session_user and not g.rolsuper
                                 and coalesce((pg_catalog.to_jsonb(m) ->> 'inherit_option')::boolean, true))
               and not exists (select from pg_catalog.pg_auth_members m where m.member = r.oid)
               as free,
               pg_catalog.pg_has_role(session_user, r.oid, 'usage') as mine
        from pg_catalog.pg_roles r
        where r.rolname = any ($1)
        """;

    /// <summary>The names of the roles, and the steps that are missing.</summary>
    public static async Task<(string Owner, string Admin, string Session, IReadOnlyList<PlanStep> Steps)> PlanAsync(
        TenantDatabase database, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var suffix = database.Database;
        for (var attempt = 0; ; attempt++)
        {
            string[] names = [Name("tenants_owner_", suffix), Name("tenants_admin_", suffix), Name("tenants_session_", suffix)];
            var existing = await ReadAsync(connection, names, cancellationToken).ConfigureAwait(false);
            if (existing.Values.All(r => r.Free))
            {
                var steps = names.SelectMany(n => Steps(database, n, existing)).ToList();
                if (steps.Count > 0 && !database.Facts.CanCreateRoles && !database.Facts.IsSuperuser)
                {
                    throw NeedsDba(database, names);
                }

                return (names[0], names[1], names[2], steps);
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

    private static async Task<Dictionary<string, (bool Free, bool Mine)>> ReadAsync(
        NpgsqlConnection connection, string[] names, CancellationToken cancellationToken)
    {
        var roles = new Dictionary<string, (bool, bool)>(StringComparer.Ordinal);
        await using var command = new NpgsqlCommand(ReadRoles, connection)
        {
            Parameters = { new NpgsqlParameter<string[]> { TypedValue = names } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            roles[reader.GetString(0)] = (reader.GetBoolean(1), reader.GetBoolean(2));
        }

        return roles;
    }

    private static IEnumerable<PlanStep> Steps(TenantDatabase database, string name, Dictionary<string, (bool Free, bool Mine)> existing)
    {
        var role = Quote.Identifier(name);
        if (!existing.TryGetValue(name, out var found))
        {
            yield return new PlanStep("a role of this database", $"create role {role} nologin") { Down = $"drop role {role}" };
        }

        if (!found.Mine)
        {
            yield return Grant(database, role, Quote.Identifier(database.SessionUser));
        }
    }

    private static PlanStep Grant(TenantDatabase database, string role, string login) =>
        new("the login works through it", GrantStatement(database.ServerVersion, role, login)) { Down = $"revoke {role} from {login}" };

    /// <summary>The statement that makes a login a full member of a role, on any version of the server.</summary>
    internal static string GrantStatement(Version server, string quotedRole, string quotedLogin) =>
        $"grant {quotedRole} to {quotedLogin}" + (server.Major >= 16 ? " with inherit true, set true" : "");

    private static TenantException NeedsDba(TenantDatabase database, string[] names)
    {
        var login = Quote.Identifier(database.SessionUser);
        var script = new StringBuilder();
        foreach (var role in names.Select(Quote.Identifier))
        {
            script.Append("create role ").Append(role).Append(" nologin;\n");
            script.Append(GrantStatement(database.ServerVersion, role, login)).Append(";\n");
        }

        script.Append("grant create on database ").Append(Quote.Identifier(database.Database)).Append(" to ").Append(login).Append(';');
        return new TenantException(
            "PermissionDenied",
            TenantErrorKind.PermissionDenied,
            $"The login '{database.SessionUser}' may not create roles. Have a DBA run this, then run the command again:\n\n{script}\n")
        {
            Target = database.SessionUser,
        };
    }

    private static string Name(string prefix, string suffix)
    {
        var name = prefix + suffix;
        if (Encoding.UTF8.GetByteCount(name) <= Quote.MaxIdentifierBytes)
        {
            return name;
        }

        // Cut at a character's border, with a hash of the whole, so that two long names stay two.
        var hash = "_" + Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(suffix)))[..10].ToLowerInvariant();
        while (Encoding.UTF8.GetByteCount(name) + hash.Length > Quote.MaxIdentifierBytes)
        {
            name = name[..^(char.IsLowSurrogate(name[^1]) ? 2 : 1)];
        }

        return name + hash;
    }
}
