using Npgsql;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Rollouts;

/// <summary>Finds the tables that a rollout has begun with: by what is kept of it, or by the default that their tenant column got.</summary>
internal static class PreparedTables
{
    // A table without rows needs nothing to be filled in, so that nothing is kept of it.
    private const string Defaults = """
        select c.oid, a.attname::text
        from pg_catalog.pg_proc f
        join pg_catalog.pg_namespace own on own.oid = f.pronamespace and own.nspname = $1
        join pg_catalog.pg_depend e on e.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and e.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass and e.refobjid = f.oid
        join pg_catalog.pg_attrdef d on d.oid = e.objid
        join pg_catalog.pg_class c on c.oid = d.adrelid and c.relkind in ('r', 'p')
        join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = d.adnum
        where f.proname = 'current_tenant' and f.pronargs = 0
          and not exists (select from pg_catalog.pg_inherits h where h.inhrelid = c.oid)
          and pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~ 'tenants\.tenant'
        """;

    /// <summary>The tables with their tenant columns; those that are enforced since are among them.</summary>
    /// <param name="connection">A connection that is in no transaction.</param>
    /// <param name="installation">What lies in the database.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<IReadOnlyDictionary<uint, string>> ListAsync(NpgsqlConnection connection, Installation installation, CancellationToken cancellationToken)
    {
        // A database that an earlier version made keeps nothing of rollouts.
        var kept = installation.Version < Installation.CurrentVersion
            ? ""
            : $"""

               union all
               select c.oid, r."column"::text
               from {installation.QuotedSchema}.rollout r
               join pg_catalog.pg_class c on c.oid = r.member and c.relname = r.root_name
               join pg_catalog.pg_namespace n on n.oid = c.relnamespace and n.nspname = r.root_schema
               join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = r."column" and not a.attisdropped
               """;
        await using var command = new NpgsqlCommand(Defaults + kept, connection) { Parameters = { new NpgsqlParameter<string> { TypedValue = installation.Schema } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var tables = new Dictionary<uint, string>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            tables[reader.GetFieldValue<uint>(0)] = reader.GetString(1);
        }

        return tables;
    }
}
