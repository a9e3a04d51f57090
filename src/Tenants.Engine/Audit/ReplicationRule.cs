using System.Data.Common;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Audit;

/// <summary>Logical replication knows no policies: a publication carries all tenants' rows, and a subscription stops under FORCE.</summary>
internal sealed class ReplicationRule : TableRule<ReplicationRule.Link>
{
    public override string Sql => """
        select 'p', p.pubname::text from (
            select distinct p.pubname
            from pg_catalog.pg_publication_tables p
            join pg_catalog.pg_namespace n on n.nspname = p.schemaname
            join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = p.tablename
            where c.oid = $1 or c.oid in (select t.relid from pg_catalog.pg_partition_tree($1) t)) p
        union all
        select 's', s.subname::text
        from pg_catalog.pg_subscription_rel r
        join pg_catalog.pg_subscription s on s.oid = r.srsubid
        where r.srrelid = $1
        order by 1, 2
        """;

    protected override Link Read(DbDataReader row) => new(row.GetString(0) == "s", row.GetString(1));

    protected override IEnumerable<string> Judge(AuditedTable table, IReadOnlyList<Link> rows)
    {
        var subscriptions = rows.Where(l => l.IsSubscription).Select(l => l.Name).ToList();
        if (subscriptions.Count > 0)
        {
            yield return $"{table.Name}: logical replication into it stops once row security is forced, unless the subscription's owner is a superuser or has BYPASSRLS: {Listing.Of(subscriptions)}. Give each such an owner:{Listing.Statements(subscriptions.Select(s => $"alter subscription {Quote.Identifier(s)} owner to …"))}";
        }

        var publications = rows.Where(l => !l.IsSubscription).Select(l => l.Name).ToList();
        if (publications.Count > 0)
        {
            var mend = table.Server.Major >= 15
                ? $" Where a subscriber serves one tenant, filter:{Listing.Statements([$"alter publication {Quote.Identifier(publications[0])} set table {table.Quoted} where ({table.QuotedColumn} = …)"])}"
                : " Leave it out where a subscriber serves one tenant.";
            yield return $"{table.Name}: publications carry all tenants' rows, policies or not: {Listing.Of(publications)}.{mend}";
        }
    }

    internal sealed record Link(bool IsSubscription, string Name);
}
