using Npgsql;
using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Catalog;

/// <summary>A relation that is to be shared, and what speaks for and against it.</summary>
/// <param name="Oid">Its OID.</param>
/// <param name="Schema">Its schema.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Its <c>relkind</c>.</param>
/// <param name="IsTemporary">It is one session's.</param>
/// <param name="IsInvoker">A view that reads as whoever asks.</param>
/// <param name="TenantTables">The tables with row security that it shows, if it is a view.</param>
/// <param name="IsTenantTable">It has row security of its own.</param>
/// <param name="HasSchemaUsage">The session role may use its schema.</param>
/// <param name="OtherGrants">Relations in the same schema on which the session role has rights.</param>
/// <param name="Granted">The session role's rights on it, in lower case.</param>
/// <param name="Sequences">Sequences behind serial columns, quoted, that an insert needs.</param>
/// <param name="Writable">What the registry says; null where it is not registered.</param>
internal sealed record SharedCandidate(
    uint Oid,
    string Schema,
    string Name,
    char Kind,
    bool IsTemporary,
    bool IsInvoker,
    string[] TenantTables,
    bool IsTenantTable,
    bool HasSchemaUsage,
    int OtherGrants,
    string[] Granted,
    string[] Sequences,
    bool? Writable)
{
    private const string Query = """
        with recursive below(oid) as (
            select $1::pg_catalog.oid
            union
            select d.refobjid
            from below b
            join pg_catalog.pg_rewrite r on r.ev_class = b.oid
            join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass and d.objid = r.oid
                                       and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass),
        session_role as (select r.oid from pg_catalog.pg_roles r where r.rolname = $2)
        select c.oid, n.nspname::text, c.relname::text, c.relkind, c.relpersistence = 't',
               exists (select from pg_catalog.unnest(c.reloptions) o where o ~* '^security_invoker=(true|on|yes|1)$'),
               array(select tn.nspname || '.' || t.relname from below b
                     join pg_catalog.pg_class t on t.oid = b.oid and t.relrowsecurity and t.oid <> c.oid
                     join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace order by 1),
               c.relrowsecurity,
               coalesce((select pg_catalog.has_schema_privilege(s.oid, n.oid, 'usage') from session_role s),
                        pg_catalog.has_schema_privilege('public', n.oid, 'usage')),
               (select pg_catalog.count(distinct o.oid)::int from pg_catalog.pg_class o cross join lateral pg_catalog.aclexplode(o.relacl) a
                join session_role s on s.oid = a.grantee where o.relnamespace = n.oid and o.oid <> c.oid and o.relkind <> 'S'),
               array(select distinct pg_catalog.lower(a.privilege_type) from pg_catalog.aclexplode(c.relacl) a
                     join session_role s on s.oid = a.grantee),
               array(select sn.nspname || chr(10) || q.relname
                     from pg_catalog.pg_attrdef d
                     join pg_catalog.pg_depend e on e.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and e.objid = d.oid
                                                and e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                     join pg_catalog.pg_class q on q.oid = e.refobjid and q.relkind = 'S'
                     join pg_catalog.pg_namespace sn on sn.oid = q.relnamespace
                     where d.adrelid = c.oid order by 1),
               {writable}
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.oid = $1
        """;

    /// <summary>The rights of tenants' SQL on it once it is shared.</summary>
    public static IReadOnlyList<string> Rights(bool writable) => writable ? ["select", "insert", "update", "delete"] : ["select"];

    /// <summary>The relation as SQL names it.</summary>
    public string QuotedName => Quote.Identifier(Schema, Name);

    /// <summary>The relation as people name it.</summary>
    public string DisplayName => TableName.Format(Schema, Name);

    /// <summary>Reads it.</summary>
    public static Task<SharedCandidate> ReadAsync(NpgsqlConnection connection, Installation installation, uint oid, CancellationToken cancellationToken) =>
        ReadAsync(connection, installation, true, oid, cancellationToken);

    /// <summary>Reads it; of a database that is still to be initialised, all but what the registry says.</summary>
    public static async Task<SharedCandidate> ReadAsync(
        NpgsqlConnection connection, Installation installation, bool isInstalled, uint oid, CancellationToken cancellationToken)
    {
        var writable = isInstalled ? $"(select t.writable from {installation.QuotedSchema}.shared_table t where t.oid = c.oid)" : "null::boolean";
        await using var command = new NpgsqlCommand(Query.Replace("{writable}", writable, StringComparison.Ordinal), connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = oid, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Oid },
                new NpgsqlParameter<string> { TypedValue = installation.SessionRole },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return new SharedCandidate(
            reader.GetFieldValue<uint>(0),
            reader.GetString(1),
            reader.GetString(2),
            reader.GetChar(3),
            reader.GetBoolean(4),
            reader.GetBoolean(5),
            reader.GetFieldValue<string[]>(6),
            reader.GetBoolean(7),
            reader.GetBoolean(8),
            reader.GetInt32(9),
            reader.GetFieldValue<string[]>(10),
            [.. reader.GetFieldValue<string[]>(11).Select(s => s.Split('\n')).Select(s => Quote.Identifier(s[0], s[1]))],
            reader.IsDBNull(12) ? null : reader.GetBoolean(12));
    }
}
