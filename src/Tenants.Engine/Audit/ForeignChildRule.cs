using System.Data.Common;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Audit;

/// <summary>A partition or child that is a foreign table can have no policies.</summary>
internal sealed class ForeignChildRule : TableRule<ForeignChildRule.Child>
{
    public override string Sql => """
        with recursive below(oid) as (
            select $1::pg_catalog.oid
            union select i.inhrelid from pg_catalog.pg_inherits i join below b on b.oid = i.inhparent)
        select n.nspname::text, c.relname::text,
               array(select distinct coalesce(g.rolname::text, '')
                     from pg_catalog.aclexplode(c.relacl) a left join pg_catalog.pg_roles g on g.oid = a.grantee
                     where a.grantee <> c.relowner order by 1)
        from below b
        join pg_catalog.pg_class c on c.oid = b.oid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'f' and c.oid <> $1
        order by 1, 2
        """;

    protected override Child Read(DbDataReader row) => new(row.GetString(0), row.GetString(1), row.GetFieldValue<string[]>(2));

    protected override IEnumerable<string> Judge(AuditedTable table, IReadOnlyList<Child> rows)
    {
        var mends = rows.SelectMany(c => c.Grantees.Select(g =>
            $"revoke all on {Quote.Identifier(c.Schema, c.Name)} from {(g.Length == 0 ? "public" : Quote.Identifier(g))}")).ToList();
        yield return $"{table.Name}: partitions that are foreign tables can have no policies: {Listing.Of(rows.Select(c => $"{c.Schema}.{c.Name}"))}. Through {table.Name} they are filtered; asked for themselves they show all their rows, so nobody may have rights on them.{Listing.Statements(mends)}";
    }

    internal sealed record Child(string Schema, string Name, string[] Grantees);
}
