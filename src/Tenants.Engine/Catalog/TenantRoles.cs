using Npgsql;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Catalog;

/// <summary>
/// The roles that tenants' SQL runs as or could become: the session role, bound logins, logins that work through the session
/// role, and every role that one of these belongs to. None of them may see more than a tenant, nor be named by a policy.
/// </summary>
internal sealed class TenantRoles
{
    // An admin is a member of the session role too, to enter it; his own rights are not tenants'.
    private const string Closure = """
        with recursive
        session_role as (select r.oid from pg_catalog.pg_roles r where r.rolname = $1),
        admin_role as (select r.oid from pg_catalog.pg_roles r where r.rolname = $2),
        below(oid) as (
            select s.oid from session_role s
            union select m.member from pg_catalog.pg_auth_members m join below b on b.oid = m.roleid),
        entry(oid) as (
            select s.oid from session_role s
            union select r.oid from below b join pg_catalog.pg_roles r on r.oid = b.oid
                  where r.rolcanlogin and not r.rolsuper
                    and not exists (select from admin_role a where pg_catalog.pg_has_role(r.oid, a.oid, 'member'))
            union select l.oid from bound l),
        above(oid) as (
            select e.oid from entry e
            union select m.roleid from pg_catalog.pg_auth_members m join above a on a.oid = m.member)
        select r.oid, r.rolname::text from above a join pg_catalog.pg_roles r on r.oid = a.oid order by r.rolname
        """;

    private readonly Dictionary<uint, string> _names;

    private TenantRoles(Dictionary<uint, string> names) => _names = names;

    /// <summary>Their OIDs.</summary>
    public uint[] Oids => [.. _names.Keys];

    /// <summary>Whether a role is one of them.</summary>
    public bool Contains(string name) => _names.ContainsValue(name);

    /// <summary>Reads them; none where the database is still to be initialised.</summary>
    public static async Task<TenantRoles> ReadAsync(NpgsqlConnection connection, Installation installation, CancellationToken cancellationToken)
    {
        var bound = await BoundLogins.QueryAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        await using var command = new NpgsqlCommand(Closure.Replace("from bound l", $"from ({bound}) l", StringComparison.Ordinal), connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = installation.SessionRole },
                new NpgsqlParameter<string> { TypedValue = installation.AdminRole },
            },
        };
        var names = new Dictionary<uint, string>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            names[reader.GetFieldValue<uint>(0)] = reader.GetString(1);
        }

        return new TenantRoles(names);
    }
}
