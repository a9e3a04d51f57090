using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>Plans that tables stop to keep tenants apart when the module goes.</summary>
internal static class TableOpening
{
    // All policies that call the module's function or name its roles, on whatever table; and whether others stand beside them.
    private const string ReadPolicies = """
        select n.nspname::text, c.relname::text, pg_catalog.array_agg(p.polname::text order by p.polname),
               not exists (select from pg_catalog.pg_policy other where other.polrelid = c.oid and other.oid <> all (pg_catalog.array_agg(p.oid)))
        from pg_catalog.pg_policy p
        join pg_catalog.pg_class c on c.oid = p.polrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where exists (select from pg_catalog.pg_depend d join pg_catalog.pg_proc f on f.oid = d.refobjid
                      where d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and d.objid = p.oid
                        and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                        and f.proname = 'current_tenant' and f.pronamespace = pg_catalog.to_regnamespace(pg_catalog.quote_ident($1))::oid)
           or exists (select from pg_catalog.pg_roles r where r.rolname = any ($2) and r.oid = any (p.polroles))
        group by n.nspname, c.relname, c.oid
        order by n.nspname, c.relname
        """;

    // The column's default reads the setting by name, so that nothing in the catalog ties it to the module.
    private const string ReadDefaults = """
        select a.attrelid
        from pg_catalog.pg_attrdef d
        join pg_catalog.pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
        where a.attrelid = any ($1) and pg_catalog.pg_get_expr(d.adbin, d.adrelid) like '%tenants.tenant%'
        """;

    /// <summary>The steps, in order.</summary>
    public static async Task<IReadOnlyList<PlanStep>> StepsAsync(
        NpgsqlConnection connection, Installation installation, IReadOnlyList<TenantTable> tables, CancellationToken cancellationToken)
    {
        var steps = new List<PlanStep>();
        foreach (var (schema, name, policies, none) in await ReadPoliciesAsync(connection, installation, cancellationToken).ConfigureAwait(false))
        {
            var table = Quote.Identifier(schema, name);
            steps.AddRange(policies.Select(p => Step(table, "the module's policy goes", $"drop policy {Quote.Identifier(p)} on {table}")));
            if (none)
            {
                steps.Add(Step(table, "no policy is left, and so no row would be seen", $"alter table {table} no force row level security, disable row level security"));
            }
            else
            {
                steps.Add(Step(table, "policies of others stay", $"alter table {table} no force row level security"));
            }
        }

        var defaults = await ReadDefaultsAsync(connection, tables, cancellationToken).ConfigureAwait(false);
        steps.AddRange(tables.Where(t => defaults.Contains(t.Oid)).Select(t => Step(
            t.QuotedName, "no session is a tenant's any more", $"alter table {t.QuotedName} alter column {t.QuotedColumn} drop default")));
        return steps;
    }

    private static PlanStep Step(string table, string purpose, string sql) =>
        new(purpose, sql) { Lock = LockLevel.AccessExclusive, LockedTable = table };

    private static async Task<List<(string Schema, string Name, string[] Policies, bool None)>> ReadPoliciesAsync(
        NpgsqlConnection connection, Installation installation, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ReadPolicies, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = installation.Schema },
                new NpgsqlParameter<string[]> { TypedValue = [installation.OwnerRole, installation.AdminRole, installation.SessionRole] },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var found = new List<(string, string, string[], bool)>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            found.Add((reader.GetString(0), reader.GetString(1), reader.GetFieldValue<string[]>(2), reader.GetBoolean(3)));
        }

        return found;
    }

    private static async Task<HashSet<uint>> ReadDefaultsAsync(
        NpgsqlConnection connection, IReadOnlyList<TenantTable> tables, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(ReadDefaults, connection)
        {
            Parameters = { new NpgsqlParameter { Value = tables.Select(t => t.Oid).ToArray(), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Oid } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var found = new HashSet<uint>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            found.Add(reader.GetFieldValue<uint>(0));
        }

        return found;
    }
}
