-- The permissive policies, those that are the same to the server as one: thousands of tables share a few, and writing each
-- out would take seconds. With one of each kind comes the column that it compares, for what it must say depends on that.
-- $1 is the module's schema. Read under the path "pg_catalog, pg_temp".
with recursive
kind as (
    select coalesce(p.polqual::text, '') as qual, coalesce(p.polwithcheck::text, '') as checked, min(p.oid) as oid
    from pg_policy p where p.polpermissive
    group by 1, 2),
compared as (
    select p.oid, p.polrelid, min(d.refobjsubid)::int2 as attnum
    from kind k
    join pg_policy p on p.oid = k.oid
    left join pg_depend d on d.classid = 'pg_policy'::regclass and d.objid = p.oid
        and d.refclassid = 'pg_class'::regclass and d.refobjid = p.polrelid and d.refobjsubid > 0
    group by p.oid, p.polrelid),
-- Down through domains to the type that holds the values.
base(start, oid, next) as (
    select t.oid, t.oid, t.typbasetype from pg_type t
    where t.oid in (select a.atttypid from compared c join pg_attribute a on a.attrelid = c.polrelid and a.attnum = c.attnum)
    union all
    select b.start, t.oid, t.typbasetype from base b join pg_type t on t.oid = b.next where b.next <> 0)
select k.qual, k.checked, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid),
       a.attname::text, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), format_type(b.oid, null), b.oid <> a.atttypid,
       coalesce(l.collisdeterministic, true), quote_ident($1)
from kind k
join pg_policy p on p.oid = k.oid
join compared c on c.oid = k.oid
left join pg_attribute a on a.attrelid = c.polrelid and a.attnum = c.attnum
left join base b on b.start = a.atttypid and b.next = 0
left join pg_collation l on l.oid = a.attcollation
