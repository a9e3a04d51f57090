using System.Data.Common;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Audit;

/// <summary>Who may create in the table's schema can plant functions and operators that others' SQL then calls by path.</summary>
internal sealed class SchemaRule : TableRule<SchemaRule.Grant>
{
    public override string Sql => """
        select n.nspname::text, coalesce(g.rolname::text, '')
        from pg_catalog.pg_class c
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        cross join lateral pg_catalog.aclexplode(n.nspacl) a
        left join pg_catalog.pg_roles g on g.oid = a.grantee
        where c.oid = $1 and a.privilege_type = 'CREATE' and a.grantee <> n.nspowner and (a.grantee = 0 or a.grantee = any ($3))
        order by 2
        """;

    protected override Grant Read(DbDataReader row) => new(row.GetString(0), row.GetString(1));

    protected override IEnumerable<string> Judge(AuditedTable table, IReadOnlyList<Grant> rows)
    {
        yield return $"Tenants' SQL may create objects in the schema {table.Schema}, and what it plants there others call unawares (before PostgreSQL 15 PUBLIC may, by default, in public). Take it away:{Listing.Statements(rows.Select(g => $"revoke create on schema {Quote.Identifier(g.Schema)} from {(g.Grantee.Length == 0 ? "public" : Quote.Identifier(g.Grantee))}"))}";
    }

    internal sealed record Grant(string Schema, string Grantee);
}
