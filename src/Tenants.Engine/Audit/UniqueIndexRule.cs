using System.Data.Common;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Audit;

/// <summary>A unique index without the tenant is an oracle: who inserts a value learns whether another tenant has it.</summary>
internal sealed class UniqueIndexRule : TableRule<UniqueIndexRule.Index>
{
    // A random identifier cannot be guessed, so its index tells nothing.
    public override string Sql => """
        select i.relname::text, x.indisprimary, c.conname::text, coalesce(c.condeferrable, false), x.indpred is not null,
               x.indisexclusion,
               array(select pg_catalog.pg_get_indexdef(x.indexrelid, k, true) from pg_catalog.generate_series(1, x.indnkeyatts) k),
               x.indnkeyatts = 1 and exists (
                   select from pg_catalog.pg_attribute a
                   left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
                   where a.attrelid = x.indrelid and a.attnum = x.indkey[0]
                     and (a.attidentity <> '' or pg_catalog.pg_get_expr(d.adbin, d.adrelid) like '%nextval(%')),
               exists (select from pg_catalog.pg_constraint f where f.contype = 'f' and f.conindid = x.indexrelid and f.confrelid = x.indrelid)
        from pg_catalog.pg_index x
        join pg_catalog.pg_class i on i.oid = x.indexrelid
        left join pg_catalog.pg_constraint c on c.conindid = x.indexrelid and c.conrelid = x.indrelid and c.contype in ('p', 'u', 'x')
        where x.indrelid = $1 and (x.indisunique or x.indisexclusion)
          and not exists (
              select from pg_catalog.generate_series(0, x.indnkeyatts - 1) k
              join pg_catalog.pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[k]
              where a.attname = $2)
          and not (x.indnkeyatts = 1 and exists (
              select from pg_catalog.pg_attrdef d
              where d.adrelid = x.indrelid and d.adnum = x.indkey[0]
                and pg_catalog.pg_get_expr(d.adbin, d.adrelid) ~ '(gen_random_uuid|uuid_generate_v4|uuidv4|uuidv7)\(\)'))
        order by x.indisprimary, i.relname
        """;

    protected override Index Read(DbDataReader row) => new(
        row.GetString(0),
        row.GetBoolean(1),
        row.IsDBNull(2) ? null : row.GetString(2),
        row.GetBoolean(3),
        row.GetBoolean(4),
        row.GetBoolean(5),
        row.GetFieldValue<string[]>(6),
        row.GetBoolean(7),
        row.GetBoolean(8));

    protected override IEnumerable<string> Judge(AuditedTable table, IReadOnlyList<Index> rows)
    {
        var counters = rows.Where(i => i.IsCounter).ToList();
        var telling = rows.Except(counters).ToList();
        if (telling.Count > 0)
        {
            var names = Listing.Of(telling.Select(i => $"{i.Name} ({string.Join(", ", i.Keys)})"));
            yield return $"{table.Name}: unique without the tenant: {names}. A tenant that inserts a value learns whether another tenant has it, and two tenants cannot have the same. Put the tenant first:{Listing.Statements(telling.Select(i => Mend(table, i)))}";
        }
        else if (counters.Count > 0)
        {
            // Said apart and shortly: every second table has one, and it tells little.
            yield return $"{table.Name}: the key {counters[0].Name} ({counters[0].Keys[0]}) does not hold the tenant: a tenant can learn that a number is taken, and from its own about how many rows there are, but no value. Where that is too much: primary key ({table.Column}, {counters[0].Keys[0]}), or a uuid.";
        }
    }

    private static string Mend(AuditedTable table, Index index)
    {
        var keys = string.Join(", ", index.Keys.Prepend(table.QuotedColumn));
        if (index.IsExclusion)
        {
            return $"-- {index.Name}: drop the constraint and add it again with {table.QuotedColumn} with = (extension btree_gist)";
        }

        if (index.Constraint is null || index.IsPartial)
        {
            var rest = index.IsPartial ? " where …" : "";
            return $"create unique index concurrently on {table.Quoted} ({keys}){rest}; drop index concurrently {Quote.Identifier(table.Schema, index.Name)}";
        }

        var deferrable = index.IsDeferrable ? " deferrable" : "";
        var cascade = index.IsReferenced ? " cascade" : "";
        var kind = index.IsPrimary ? "primary key" : "unique";
        var statement = $"alter table {table.Quoted} drop constraint {Quote.Identifier(index.Constraint)}{cascade}, add {kind} ({keys}){deferrable}";
        return index.IsReferenced ? $"{statement} -- and add the foreign keys to it again, with the tenant" : statement;
    }

    internal sealed record Index(
        string Name, bool IsPrimary, string? Constraint, bool IsDeferrable, bool IsPartial, bool IsExclusion, string[] Keys, bool IsCounter, bool IsReferenced);
}
