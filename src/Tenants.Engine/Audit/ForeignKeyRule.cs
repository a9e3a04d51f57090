using System.Data.Common;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Audit;

/// <summary>
/// A foreign key between tenants' tables without the tenant: the server checks it past every policy, so it tells which keys
/// other tenants have, lets rows point to theirs, and its ON DELETE reaches them.
/// </summary>
internal sealed class ForeignKeyRule : TableRule<ForeignKeyRule.Key>
{
    // Shared tables (country, plan) have no tenant, and a key to one tells nothing that a tenant may not read.
    public override string Sql => """
        select c.conname::text, fn.nspname::text, f.relname::text, tn.nspname::text, t.relname::text,
               array(select a.attname::text from pg_catalog.unnest(c.conkey) with ordinality k(n, i)
                     join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n order by k.i),
               array(select a.attname::text from pg_catalog.unnest(c.confkey) with ordinality k(n, i)
                     join pg_catalog.pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.n order by k.i),
               c.confdeltype::text, c.confupdtype::text, c.condeferrable, c.condeferred,
               ft.attname is not null or c.conrelid = $1,
               exists (select from pg_catalog.pg_index x
                       where x.indrelid = c.confrelid and x.indisunique and x.indpred is null and x.indexprs is null
                         and x.indnkeyatts = pg_catalog.cardinality(c.confkey) + 1
                         and not exists (
                             select from pg_catalog.generate_series(0, x.indnkeyatts - 1) k
                             join pg_catalog.pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[k]
                             where a.attname <> $2 and a.attnum <> all (c.confkey)))
        from pg_catalog.pg_constraint c
        join pg_catalog.pg_class f on f.oid = c.conrelid join pg_catalog.pg_namespace fn on fn.oid = f.relnamespace
        join pg_catalog.pg_class t on t.oid = c.confrelid join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
        left join pg_catalog.pg_attribute ft on ft.attrelid = c.conrelid and ft.attname = $2 and not ft.attisdropped
        left join pg_catalog.pg_attribute tt on tt.attrelid = c.confrelid and tt.attname = $2 and not tt.attisdropped
        where c.contype = 'f' and c.conparentid = 0 and $1 in (c.conrelid, c.confrelid)
          and (c.confrelid = $1 or tt.attname is not null or t.relrowsecurity)
          and not coalesce(ft.attnum = any (c.conkey) and tt.attnum = any (c.confkey), false)
        order by c.conname
        """;

    protected override Key Read(DbDataReader row) => new(
        row.GetString(0),
        row.GetString(1),
        row.GetString(2),
        row.GetString(3),
        row.GetString(4),
        row.GetFieldValue<string[]>(5),
        row.GetFieldValue<string[]>(6),
        row.GetString(7)[0],
        row.GetString(8)[0],
        row.GetBoolean(9),
        row.GetBoolean(10),
        row.GetBoolean(11),
        row.GetBoolean(12));

    protected override IEnumerable<string> Judge(AuditedTable table, IReadOnlyList<Key> rows)
    {
        var names = Listing.Of(rows.Select(k =>
            $"{k.Name} ({k.FromSchema}.{k.FromTable} to {k.ToSchema}.{k.ToTable}{(k.OnDelete == 'c' ? ", deletes with it" : "")})"));
        yield return $"{table.Name}: foreign keys without the tenant: {names}. They are checked past every policy: a tenant learns which keys others have, its rows can point to theirs, and deleting one reaches or is blocked by them. Put the tenant in:{Listing.Statements(rows.SelectMany(k => Mend(table, k)))}";
    }

    private static IEnumerable<string> Mend(AuditedTable table, Key key)
    {
        var from = Quote.Identifier(key.FromSchema, key.FromTable);
        var to = Quote.Identifier(key.ToSchema, key.ToTable);
        if (!key.HasTenant)
        {
            yield return $"-- {key.FromSchema}.{key.FromTable} has no tenant yet: Enable-TenantRls on it first";
        }

        if (!key.HasUniqueTarget)
        {
            yield return $"alter table {to} add unique ({Columns(table, key.ToColumns)})";
        }

        yield return $"alter table {from} drop constraint {Quote.Identifier(key.Name)}, add constraint {Quote.Identifier(key.Name)} foreign key ({Columns(table, key.FromColumns)}) references {to} ({Columns(table, key.ToColumns)}){Actions(table, key)}";
    }

    private static string Columns(AuditedTable table, string[] columns) =>
        string.Join(", ", columns.Where(c => c != table.Column).Select(Quote.Identifier).Prepend(table.QuotedColumn));

    private static string Actions(AuditedTable table, Key key)
    {
        var deletes = key.OnDelete switch
        {
            'c' => " on delete cascade",
            'r' => " on delete restrict",

            // Setting all columns to NULL would take the tenant with it; only 15 and later can leave it out.
            'n' or 'd' when table.Server.Major >= 15 =>
                $" on delete set {(key.OnDelete == 'n' ? "null" : "default")} ({string.Join(", ", key.FromColumns.Where(c => c != table.Column).Select(Quote.Identifier))})",
            _ => "",
        };
        var updates = key.OnUpdate switch { 'c' => " on update cascade", 'r' => " on update restrict", _ => "" };
        var when = key.IsDeferred ? " deferrable initially deferred" : key.IsDeferrable ? " deferrable" : "";
        return deletes + updates + when;
    }

    internal sealed record Key(
        string Name,
        string FromSchema,
        string FromTable,
        string ToSchema,
        string ToTable,
        string[] FromColumns,
        string[] ToColumns,
        char OnDelete,
        char OnUpdate,
        bool IsDeferrable,
        bool IsDeferred,
        bool HasTenant,
        bool HasUniqueTarget);
}
