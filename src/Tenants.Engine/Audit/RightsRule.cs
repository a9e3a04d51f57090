using System.Data.Common;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Audit;

/// <summary>Rights that no policy filters, in the hands of tenants' SQL: TRUNCATE, REFERENCES, TRIGGER.</summary>
internal sealed class RightsRule : TableRule<RightsRule.Right>
{
    public override string Sql => """
        select coalesce(g.rolname::text, ''), pg_catalog.lower(a.privilege_type)
        from pg_catalog.pg_class c
        cross join lateral pg_catalog.aclexplode(c.relacl) a
        left join pg_catalog.pg_roles g on g.oid = a.grantee
        where c.oid = $1 and a.grantee <> c.relowner and (a.grantee = 0 or a.grantee = any ($3))
          and a.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
        order by 1, 2
        """;

    protected override Right Read(DbDataReader row) => new(row.GetString(0), row.GetString(1));

    protected override IEnumerable<string> Judge(AuditedTable table, IReadOnlyList<Right> rows)
    {
        var holders = rows.GroupBy(r => r.Grantee).ToList();
        var names = Listing.Of(holders.Select(h => $"{(h.Key.Length == 0 ? "PUBLIC" : h.Key)} ({Privileges(h).ToUpperInvariant()})"));
        yield return $"{table.Name}: tenants' SQL holds rights that no policy filters: {names}. TRUNCATE takes all tenants' rows. Take them away:{Listing.Statements(holders.Select(h => $"revoke {Privileges(h)} on {table.Quoted} from {(h.Key.Length == 0 ? "public" : Quote.Identifier(h.Key))}"))}";
    }

    private static string Privileges(IEnumerable<Right> rights) => string.Join(", ", rights.Select(r => r.Privilege));

    internal sealed record Right(string Grantee, string Privilege);
}
