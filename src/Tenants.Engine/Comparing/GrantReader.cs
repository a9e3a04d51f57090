using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Comparing;

/// <summary>Reads who has which rights on some tables. Whoever owns them, or is an admin of the tenants, is left out: that is normal.</summary>
internal static class GrantReader
{
    private const string Query = """
        with acl(oid, relowner, attname, entries) as (
            select c.oid, c.relowner, null::text, c.relacl from pg_catalog.pg_class c where c.oid = any ($1)
            union all
            select c.oid, c.relowner, a.attname::text, a.attacl
            from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
            where c.oid = any ($1))
        select distinct acl.oid, acl.attname, coalesce(r.rolname::text, ''), pg_catalog.lower(g.privilege_type), g.is_grantable,
               coalesce(r.rolsuper or r.rolbypassrls, false), g.grantee = 0 or g.grantee = any ($2)
        from acl
        cross join lateral pg_catalog.aclexplode(acl.entries) g
        left join pg_catalog.pg_roles r on r.oid = g.grantee
        where g.grantee <> acl.relowner
          and (g.grantee = 0 or g.grantee = any ($2) or not (
              pg_catalog.pg_has_role(g.grantee, acl.relowner, 'usage')
              or exists (select from pg_catalog.pg_roles a where a.rolname = $3 and pg_catalog.pg_has_role(g.grantee, a.oid, 'usage') and not coalesce(r.rolsuper, false))))
        order by 3, 2 nulls first, 4
        """;

    /// <summary>The rights, by role.</summary>
    public static async Task<ILookup<uint, TableGrant>> ReadAsync(
        NpgsqlConnection connection, Installation installation, TenantRoles roles, uint[] tables, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Query, connection)
        {
            Parameters =
            {
                new NpgsqlParameter { Value = tables, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Oid },
                new NpgsqlParameter { Value = roles.Oids, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Oid },
                new NpgsqlParameter<string> { TypedValue = installation.AdminRole },
            },
        };
        var grants = new List<TableGrant>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            grants.Add(new TableGrant(
                reader.GetFieldValue<uint>(0),
                reader.IsDBNull(1) ? null : reader.GetString(1),
                reader.GetString(2),
                reader.GetString(3),
                reader.GetBoolean(4),
                reader.GetBoolean(5),
                reader.GetBoolean(6)));
        }

        return grants.ToLookup(g => g.Table);
    }
}
