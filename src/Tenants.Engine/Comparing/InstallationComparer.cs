using System.Globalization;
using Npgsql;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Comparing;

/// <summary>Compares what all tables rest on: the stamp, the functions, and the three roles.</summary>
internal static class InstallationComparer
{
    // "INHERIT" and the connection limit are left to the DBA: they open nothing.
    private const string Roles = """
        select w.name, w.part, r.oid is not null,
               coalesce(r.rolsuper or r.rolbypassrls, false), coalesce(r.rolcanlogin or r.rolcreaterole or r.rolcreatedb or r.rolreplication, false),
               array(select g.rolname::text from pg_catalog.pg_auth_members m join pg_catalog.pg_roles g on g.oid = m.roleid where m.member = r.oid order by 1)
        from rows from (pg_catalog.unnest($1), pg_catalog.unnest($2)) with ordinality w(name, part, rank)
        left join pg_catalog.pg_roles r on r.rolname = w.name
        order by w.rank
        """;

    /// <summary>The database has no tenants yet.</summary>
    public static TenantRlsDifference NotInitialized(string database) => new()
    {
        Kind = TenantRlsDifferenceKind.DatabaseNotReady,
        Severity = TenantRlsSeverity.Error,
        Name = database,
        Expected = $"stamp {Installation.CurrentVersion.ToString(CultureInfo.InvariantCulture)}",
        Description = $"The database '{database}' has no tenants yet: nothing in it keeps any apart.",
        Command = "Initialize-TenantDatabase",
    };

    /// <summary>The differences; the second value tells whether tables can be compared.</summary>
    public static async Task<(IReadOnlyList<TenantRlsDifference> Differences, bool CanGoOn)> CompareAsync(
        NpgsqlConnection connection, Installation installation, CancellationToken cancellationToken)
    {
        var differences = new List<TenantRlsDifference>();
        if (installation.Version < Installation.CurrentVersion)
        {
            differences.Add(new TenantRlsDifference
            {
                Kind = TenantRlsDifferenceKind.DatabaseNotReady,
                Severity = TenantRlsSeverity.Error,
                Name = connection.Database,
                Expected = $"stamp {Installation.CurrentVersion.ToString(CultureInfo.InvariantCulture)}",
                Actual = $"stamp {installation.Version.ToString(CultureInfo.InvariantCulture)}",
                Description = $"An earlier version of the module initialised '{connection.Database}', and this one does not run tenants' SQL on it.",
                Command = "Update-TenantDatabase",
            }.MendedBy([.. UpdatePlanner.Steps(installation)]));
        }

        differences.AddRange(await FunctionComparer.CompareAsync(connection, installation, cancellationToken).ConfigureAwait(false));
        var roles = await RolesAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        differences.AddRange(roles);
        return (differences, roles.All(r => r.Kind != TenantRlsDifferenceKind.RoleMissing) && await MayReadAsync(connection, installation, cancellationToken).ConfigureAwait(false));
    }

    private static async Task<IReadOnlyList<TenantRlsDifference>> RolesAsync(NpgsqlConnection connection, Installation installation, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Roles, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string[]> { TypedValue = [installation.OwnerRole, installation.AdminRole, installation.SessionRole] },
                new NpgsqlParameter<string[]> { TypedValue = ["owns the module's schema", "sees all tenants' rows", "holds the rights of tenants' SQL"] },
            },
        };
        var differences = new List<TenantRlsDifference>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var (name, part) = (reader.GetString(0), reader.GetString(1));
            if (!reader.GetBoolean(2))
            {
                differences.Add(Missing(name, part));
                continue;
            }

            if (reader.GetBoolean(3) || reader.GetBoolean(4))
            {
                differences.Add(Attributes(name, part, reader.GetBoolean(3)));
            }

            foreach (var group in reader.GetFieldValue<string[]>(5))
            {
                differences.Add(Member(name, part, group));
            }
        }

        return differences;
    }

    private static TenantRlsDifference Missing(string role, string part) => new()
    {
        Kind = TenantRlsDifferenceKind.RoleMissing,
        Severity = TenantRlsSeverity.Error,
        Name = role,
        Expected = role,
        Description = $"The role {role}, which {part}, is gone or renamed: tenants' SQL and the admin's fail. Give it its name back (ALTER ROLE … RENAME TO), or restore it; tables are compared once it is there.",
    };

    private static TenantRlsDifference Attributes(string role, string part, bool isBypassing) => new TenantRlsDifference
    {
        Kind = TenantRlsDifferenceKind.RoleChanged,
        Severity = isBypassing ? TenantRlsSeverity.Critical : TenantRlsSeverity.Error,
        Name = role,
        Expected = "NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION",
        Actual = isBypassing ? "SUPERUSER or BYPASSRLS" : "LOGIN, CREATEROLE, CREATEDB or REPLICATION",
        Description = isBypassing
            ? $"No policy binds the role {role}, which {part}: whoever works through it sees and changes all tenants' rows."
            : $"The role {role}, which {part}, can do more than hold rights.",
    }.MendedBy([new PlanStep("the role only holds rights", $"alter role {Quote.Identifier(role)} nologin nosuperuser nobypassrls nocreaterole nocreatedb noreplication")]);

    private static TenantRlsDifference Member(string role, string part, string group) => new TenantRlsDifference
    {
        Kind = TenantRlsDifferenceKind.RoleChanged,
        Severity = TenantRlsSeverity.Critical,
        Name = role,
        Actual = $"member of {group}",
        Description = $"The role {role}, which {part}, is a member of {group}, and whoever works through it has that role's rights too.",
    }.MendedBy([new PlanStep("the role belongs to no other", $"revoke {Quote.Identifier(group)} from {Quote.Identifier(role)}")]);

    // Before stamp 2 not everybody may.
    private static async Task<bool> MayReadAsync(NpgsqlConnection connection, Installation installation, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select pg_catalog.has_table_privilege($1, 'select')", connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = $"{installation.QuotedSchema}.shared_table" } },
        };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }
}
