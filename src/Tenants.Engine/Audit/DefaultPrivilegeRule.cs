using System.Data.Common;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Audit;

/// <summary>Default privileges that open tables still to come, partitions and copies of this one among them, to all logins.</summary>
internal sealed class DefaultPrivilegeRule : TableRule<DefaultPrivilegeRule.Default>
{
    public override string Sql => """
        select w.rolname::text, coalesce(n.nspname::text, ''), coalesce(g.rolname::text, '')
        from pg_catalog.pg_default_acl d
        join pg_catalog.pg_roles w on w.oid = d.defaclrole
        left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
        cross join lateral (select distinct a.grantee from pg_catalog.aclexplode(d.defaclacl) a) a
        left join pg_catalog.pg_roles g on g.oid = a.grantee
        where d.defaclobjtype = 'r' and a.grantee <> d.defaclrole and (a.grantee = 0 or a.grantee = any ($3))
          and (d.defaclnamespace = 0 or d.defaclnamespace = (select c.relnamespace from pg_catalog.pg_class c where c.oid = $1))
        order by 1, 2, 3
        """;

    protected override Default Read(DbDataReader row) => new(row.GetString(0), row.GetString(1), row.GetString(2));

    protected override IEnumerable<string> Judge(AuditedTable table, IReadOnlyList<Default> rows)
    {
        yield return $"Default privileges open each new table to tenants' SQL before it has a policy. Take them away:{Listing.Statements(rows.Select(Mend))}";
    }

    private static string Mend(Default found)
    {
        var schema = found.Schema.Length == 0 ? "" : $" in schema {Quote.Identifier(found.Schema)}";
        return $"alter default privileges for role {Quote.Identifier(found.Owner)}{schema} revoke all on tables from {(found.Grantee.Length == 0 ? "public" : Quote.Identifier(found.Grantee))}";
    }

    internal sealed record Default(string Owner, string Schema, string Grantee);
}
