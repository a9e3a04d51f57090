using Npgsql;
using NpgsqlTypes;

namespace Tenants.Engine.Isolation.Logins;

/// <summary>
/// Takes over a login that somebody made beforehand, as a DBA does for an admin that may not make any. It must have been made for
/// this alone: whatever else a login is there for, tenants' SQL would do in its name.
/// </summary>
internal static class LoginAdoption
{
    // What it owns is asked of the whole cluster, where the trust check sees one database.
    private const string Query = """
        select r.rolname = session_user, r.rolsuper,
               pg_catalog.pg_has_role(r.oid, $2::name, 'member') or pg_catalog.pg_has_role(r.oid, $3::name, 'member'),
               array(select g.rolname::text from pg_catalog.pg_auth_members m join pg_catalog.pg_roles g on g.oid = m.roleid
                     where m.member = r.oid and g.rolname <> $4 group by 1 order by 1),
               array(select coalesce(b.datname::text, 'the cluster itself')
                     from pg_catalog.pg_shdepend d left join pg_catalog.pg_database b on b.oid = d.dbid
                     where d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass and d.refobjid = r.oid and d.deptype = 'o' group by 1 order by 1)
        from pg_catalog.pg_roles r where r.rolname = $1
        """;

    /// <summary>Refuses a login that is somebody's.</summary>
    /// <exception cref="TenantException"><c>LoginUnfit</c>.</exception>
    public static async Task EnsureAsync(NpgsqlConnection connection, Installation installation, string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Query, connection)
        {
            Parameters = { Name(name), Name(installation.AdminRole), Name(installation.OwnerRole), Name(installation.SessionRole) },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        string[] reasons = [.. Reasons(reader)];
        if (reasons.Length > 0)
        {
            throw new TenantException(
                "LoginUnfit",
                TenantErrorKind.PermissionDenied,
                $"The login '{name}' is somebody's, and is not taken over: {string.Join("; ", reasons)}. Choose another name, or have a DBA make a login for this alone.")
            {
                Target = name,
            };
        }
    }

    private static IEnumerable<string> Reasons(NpgsqlDataReader row)
    {
        if (row.GetBoolean(0))
        {
            yield return "it is the login of this connection";
        }

        // Its memberships and what it owns go without saying.
        if (row.GetBoolean(1))
        {
            yield return "it is a superuser";
            yield break;
        }

        if (row.GetBoolean(2))
        {
            yield return "it is an admin of the tenants";
        }

        if (row.GetFieldValue<string[]>(3) is { Length: > 0 } roles)
        {
            yield return $"it belongs to other roles ({string.Join(", ", roles)})";
        }

        if (row.GetFieldValue<string[]>(4) is { Length: > 0 } places)
        {
            yield return $"it owns something in {string.Join(", ", places)}";
        }
    }

    private static NpgsqlParameter Name(string name) => new() { Value = name, NpgsqlDbType = NpgsqlDbType.Name };
}
