using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>
/// Checks beforehand that the login may do what a plan holds beside altering the table: the server answers a GRANT that it cannot
/// make with a warning at times, and tenants' SQL would lack the right.
/// </summary>
internal static class GrantCheck
{
    private const string Query = """
        select 's', n.nspname::text, '',
               pg_catalog.pg_has_role(session_user, n.nspowner, 'usage') or pg_catalog.has_schema_privilege(n.oid, 'usage with grant option'),
               pg_catalog.has_schema_privilege(n.oid, 'create')
        from pg_catalog.pg_namespace n where n.nspname = any ($1)
        union all
        select 'q', n.nspname::text, c.relname::text,
               pg_catalog.pg_has_role(session_user, c.relowner, 'usage') or pg_catalog.has_sequence_privilege(c.oid, 'usage with grant option'), true
        from rows from (pg_catalog.unnest($2), pg_catalog.unnest($3)) wanted(schema, name)
        join pg_catalog.pg_namespace n on n.nspname = wanted.schema
        join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = wanted.name
        union all
        select 'a', '', '',
               me.rolsuper or (me.rolcreaterole and not $5) or pg_catalog.pg_has_role(session_user, a.oid, 'member with admin option'), true
        from pg_catalog.pg_roles me, pg_catalog.pg_roles a
        where me.rolname = session_user and a.rolname = $4
        """;

    /// <summary>Fails unless the login may.</summary>
    /// <param name="context">The connection and what it leads to.</param>
    /// <param name="database">The database.</param>
    /// <param name="family">The table with all under it.</param>
    /// <param name="created">The schemas in which the plan makes something.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>PermissionDenied</c>, with what a DBA must run.</exception>
    public static async Task EnsureAsync(
        EnableContext context, TenantDatabase database, TableFamily family, IReadOnlyList<string> created, CancellationToken cancellationToken)
    {
        var root = family.Root;
        var sequences = root.Sequences.Where(s => !s.IsUsable).ToList();
        string[] owners = [.. family.Members.Where(m => !m.OwnerSeesAll).Select(m => m.Owner).Distinct()];
        await using var command = new NpgsqlCommand(Query, context.Connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string[]> { TypedValue = [.. created.Append(root.Schema).Distinct()] },
                new NpgsqlParameter<string[]> { TypedValue = [.. sequences.Select(s => s.Schema)] },
                new NpgsqlParameter<string[]> { TypedValue = [.. sequences.Select(s => s.Name)] },
                new NpgsqlParameter<string> { TypedValue = context.Installation.AdminRole },

                // From 16 on, CREATEROLE alone hands out no role that another made.
                new NpgsqlParameter<bool> { TypedValue = database.ServerVersion.Major >= RoleGrant.GrantOptions },
            },
        };
        var login = Quote.Identifier(database.SessionUser);
        var script = new List<string>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var (kind, schema, name, mayGrant, mayCreate) = (reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetBoolean(3), reader.GetBoolean(4));
            switch (kind)
            {
                case "s":
                    if (!mayGrant && schema == root.Schema && !root.HasSchemaUsage)
                    {
                        script.Add($"grant usage on schema {Quote.Identifier(schema)} to {login} with grant option;");
                    }

                    if (!mayCreate && created.Contains(schema))
                    {
                        script.Add($"grant create on schema {Quote.Identifier(schema)} to {login};");
                    }

                    break;
                case "q" when !mayGrant:
                    script.Add($"grant usage on sequence {Quote.Identifier(schema, name)} to {login} with grant option;");
                    break;
                case "a" when !mayGrant && context.IsInstalled:
                    script.AddRange(owners.Select(o => RoleGrant.Full(database.ServerVersion, Quote.Identifier(context.Installation.AdminRole), Quote.Identifier(o)) + ";"));
                    break;
            }
        }

        if (script.Count > 0)
        {
            throw new TenantException(
                "PermissionDenied",
                TenantErrorKind.PermissionDenied,
                $"The login '{database.SessionUser}' lacks rights that {root.DisplayName} needs. Have a DBA run this, then run the command again:\n{string.Join('\n', script)}")
            {
                Table = root.DisplayName,
                Target = root.DisplayName,
            };
        }
    }
}
