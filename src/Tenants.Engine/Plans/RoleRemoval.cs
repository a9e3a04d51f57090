using Npgsql;
using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>
/// Plans that the database's roles go, with the rights and memberships that they have, and the logins that were made for tenants.
/// An app login stays: a DBA may have made it, and without the session role it has no rights here.
/// </summary>
internal static class RoleRemoval
{
    // Who may drop a role: a superuser; before 16 whoever has CREATEROLE; since then also ADMIN on it is needed.
    private const string Query = """
        select r.rolname::text,
               self.rolsuper or (self.rolcreaterole and (pg_catalog.current_setting('server_version_num')::integer < 160000
                                 or pg_catalog.pg_has_role(session_user, r.oid, 'member with admin option'))) as may_drop,
               self.rolsuper or pg_catalog.pg_has_role(session_user, r.oid, 'usage') as may_disown,
               exists (select from pg_catalog.pg_shdepend d
                       where d.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass and d.refobjid = r.oid
                         and d.dbid <> 0 and d.dbid <> (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())) as used_elsewhere
        from pg_catalog.pg_roles r, pg_catalog.pg_roles self
        where self.rolname = session_user
          and (r.rolname = any ($1)
               or exists (select from {0}.login l where l.oid = r.oid and l.name = r.rolname and coalesce(pg_catalog.to_jsonb(l) ->> 'kind', '') <> 'app'))
        order by r.rolname = any ($1), r.rolname
        """;

    /// <summary>The steps, and what stays behind.</summary>
    public static async Task<(IReadOnlyList<PlanStep> Steps, IReadOnlyList<string> Warnings)> PlanAsync(
        NpgsqlConnection connection, Installation installation, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Query.Replace("{0}", installation.QuotedSchema, StringComparison.Ordinal), connection)
        {
            Parameters = { new NpgsqlParameter<string[]> { TypedValue = [installation.OwnerRole, installation.AdminRole, installation.SessionRole] } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var steps = new List<PlanStep>();
        var left = new List<string>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var role = Quote.Identifier(reader.GetString(0));
            var (mayDrop, mayDisown) = (reader.GetBoolean(1), reader.GetBoolean(2));
            if (mayDrop && !mayDisown)
            {
                steps.Add(new PlanStep("what it owns is dropped in its name", RoleGrant.Full(connection.PostgreSqlVersion, role, "current_user")));
                mayDisown = true;
            }

            if (mayDisown)
            {
                steps.Add(new PlanStep("its rights on tables, sequences and schemas", $"drop owned by {role}"));
            }

            if (mayDrop && mayDisown && !reader.GetBoolean(3))
            {
                steps.Add(new PlanStep("the role, with its memberships", $"drop role {role}"));
            }
            else
            {
                left.Add($"drop role {role};");
            }
        }

        return (steps, left.Count == 0 ? [] : [$"Roles stay behind that this login may not drop, or that are in use in another database. Have a DBA run: {string.Join(' ', left)}"]);
    }
}
