using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Comparing;

/// <summary>Finds relations beside the tenant tables: tables that nobody thought of, and what tenants' SQL reaches without a word of the module.</summary>
internal static class OtherRelations
{
    private const string Tables = """
        select c.oid
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind in ('r', 'p') and c.relpersistence <> 't' and n.nspname = any ($1)
          and not exists (select from pg_catalog.pg_inherits h where h.inhrelid = c.oid)
          and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype = 'e')
        """;

    // A column by its default: it is the module's, whatever became of the policy.
    private const string Columns = """
        select distinct d.adrelid, a.attname::text
        from pg_catalog.pg_attrdef d
        join pg_catalog.pg_depend e on e.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and e.objid = d.oid
            and e.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
        join pg_catalog.pg_proc p on p.oid = e.refobjid and p.proname = 'current_tenant' and p.pronargs = 0
        join pg_catalog.pg_namespace n on n.oid = p.pronamespace and n.nspname = $2
        join pg_catalog.pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum
        where d.adrelid = any ($1)
        """;

    // Partitions and children of tenant tables are told with those.
    private const string Granted = """
        select n.nspname::text, c.relname::text, c.relkind,
               pg_catalog.string_agg(distinct pg_catalog.lower(g.privilege_type), ', ')
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        cross join lateral pg_catalog.aclexplode(c.relacl) g
        join pg_catalog.pg_roles s on s.oid = g.grantee and s.rolname = $2
        where c.relkind in ('r', 'p', 'v', 'm', 'f') and not (c.oid = any ($1)) and n.nspname <> $3
        group by n.nspname, c.relname, c.relkind
        order by n.nspname, c.relname
        """;

    /// <summary>The ordinary tables of some schemas that are no partition, child or extension's.</summary>
    public static async Task<IReadOnlyList<uint>> TablesAsync(NpgsqlConnection connection, string[] schemas, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Tables, connection) { Parameters = { new NpgsqlParameter<string[]> { TypedValue = schemas } } };
        var oids = new List<uint>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            oids.Add(reader.GetFieldValue<uint>(0));
        }

        return oids;
    }

    /// <summary>The columns of tables whose default is the session's tenant; tables with several are left out.</summary>
    public static async Task<IReadOnlyDictionary<uint, string>> ColumnsAsync(
        NpgsqlConnection connection, Installation installation, uint[] tables, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Columns, connection) { Parameters = { Oids(tables), new NpgsqlParameter<string> { TypedValue = installation.Schema } } };
        var found = new List<(uint Table, string Column)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            found.Add((reader.GetFieldValue<uint>(0), reader.GetString(1)));
        }

        return found.GroupBy(f => f.Table).Where(g => g.Count() == 1).ToDictionary(g => g.Key, g => g.Single().Column);
    }

    /// <summary>The relations on which the session role has rights, beside those that are known.</summary>
    public static async Task<IReadOnlyList<(string Schema, string Name, char Kind, string Rights)>> GrantedAsync(
        NpgsqlConnection connection, Installation installation, uint[] known, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Granted, connection)
        {
            Parameters =
            {
                Oids(known),
                new NpgsqlParameter<string> { TypedValue = installation.SessionRole },
                new NpgsqlParameter<string> { TypedValue = installation.Schema },
            },
        };
        var relations = new List<(string, string, char, string)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            relations.Add((reader.GetString(0), reader.GetString(1), reader.GetChar(2), reader.GetString(3)));
        }

        return relations;
    }

    private static NpgsqlParameter Oids(uint[] oids) => new() { Value = oids, NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Oid };
}
