-- The permissive policies, those that are the same to the server as one: thousands of tables share a few, and writing each
-- out would take seconds. With one of each kind comes the column that it compares, for what it must say depends on that.
-- $1 is the module's schema. Read under the path "pg_catalog, pg_temp".
with recursive
kind as materialized (
    select coalesce(p.polqual::text, '') as qual, coalesce(p.polwithcheck::text, '') as checked, min(p.oid) as oid
    from pg_policy p where p.polpermissive
    group by 1, 2),
compared as materialized (
    select p.oid, p.polrelid,
           (select min(d.refobjsubid)::int2 from pg_depend d
            where d.classid = 'pg_policy'::regclass and d.objid = p.oid
              and d.refclassid = 'pg_class'::regclass and d.refobjid = p.polrelid and d.refobjsubid > 0) as attnum
    from kind k join pg_policy p on p.oid = k.oid),
typed as materialized (
    select c.oid, (select a.atttypid from pg_attribute a where a.attrelid = c.polrelid and a.attnum = c.attnum) as type from compared c),
-- Down through domains to the type that holds the values.
base(start, oid, next) as (
    select t.oid, t.oid, t.typbasetype from pg_type t where t.oid in (select y.type from typed y)
    union all
    select b.start, t.oid, t.typbasetype from base b join pg_type t on t.oid = b.next where b.next <> 0)
select k.qual, k.checked, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid),
       a.attname::text, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), format_type(b.oid, null), b.oid <> a.atttypid,
       coalesce((select l.collisdeterministic from pg_collation l where l.oid = a.attcollation), true), quote_ident($1)
from kind k
join pg_policy p on p.oid = k.oid
join compared c on c.oid = k.oid
left join lateral (select * from pg_attribute a where a.attrelid = c.polrelid and a.attnum = c.attnum limit 1) a on true
left join base b on b.start = a.atttypid and b.next = 0
