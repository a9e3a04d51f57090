using Npgsql;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Catalog;

/// <summary>Finds the tenant tables of a database: nothing is kept about them, the catalog alone says which they are.</summary>
internal static class TenantTables
{
    /// <summary>The name of the policy that keeps tenants apart, on every tenant table.</summary>
    public const string IsolationPolicy = "tenants_isolation";

    /// <summary>The name of the policy through which the admin sees all rows, on every tenant table.</summary>
    public const string AdminPolicy = "tenants_admin";

    /// <summary>The tenant column unless told otherwise.</summary>
    public const string DefaultColumn = "tenant";

    // The policy is known by what it depends on, the module's own function, and so is the column: a policy of the same
    // name that somebody else wrote does not make a tenant table.
    private const string Query = """
        with isolated as (
            select p.polrelid as oid, min(a.attnum) as attnum
            from pg_catalog.pg_policy p
            join pg_catalog.pg_depend f on f.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and f.objid = p.oid
                and f.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
            join pg_catalog.pg_proc current_tenant on current_tenant.oid = f.refobjid
                and current_tenant.proname = 'current_tenant' and current_tenant.pronargs = 0
            join pg_catalog.pg_namespace own on own.oid = current_tenant.pronamespace and own.nspname = $1
            join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and d.objid = p.oid
                and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = p.polrelid and d.refobjsubid > 0
            join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
            where p.polname = $2 and p.polpermissive and p.polcmd = '*'
            group by p.polrelid)
        select c.oid, n.nspname::text, c.relname::text, c.relkind, a.attname::text, a.attnum,
               pg_catalog.format_type(a.atttypid, a.atttypmod), c.relrowsecurity, c.relforcerowsecurity,
               exists (select from pg_catalog.pg_inherits h join isolated parent on parent.oid = h.inhparent where h.inhrelid = c.oid)
        from isolated i
        join pg_catalog.pg_class c on c.oid = i.oid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        join pg_catalog.pg_attribute a on a.attrelid = i.oid and a.attnum = i.attnum
        order by n.nspname, c.relname
        """;

    /// <summary>The tenant tables, by schema and name; partitions and children of one stand beside it.</summary>
    /// <param name="connection">The connection to ask; it may stand in a transaction.</param>
    /// <param name="installation">What lies in the database.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<IReadOnlyList<TenantTable>> ListAsync(
        NpgsqlConnection connection, Installation installation, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Query, connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = installation.Schema },
                new NpgsqlParameter<string> { TypedValue = IsolationPolicy },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var tables = new List<TenantTable>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            tables.Add(new TenantTable(
                reader.GetFieldValue<uint>(0),
                reader.GetString(1),
                reader.GetString(2),
                reader.GetChar(3),
                reader.GetString(4),
                reader.GetInt16(5),
                reader.GetString(6),
                reader.GetBoolean(7),
                reader.GetBoolean(8),
                reader.GetBoolean(9)));
        }

        return tables;
    }
}
