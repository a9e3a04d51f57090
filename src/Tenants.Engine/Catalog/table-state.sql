-- What some tables ($1) are now, each by its tenant column ($2; null: the one that the isolating policy names, else
-- "tenant"). $3 is the module's schema, $4 the admin role, $5 the session role; they need not exist yet.
with recursive
wanted(oid, named) as (select * from rows from (pg_catalog.unnest($1), pg_catalog.unnest($2))),
-- By what the policy depends on, the module's own function and a column: its name alone says nothing.
isolated as (
    select p.polrelid as oid, pg_catalog.min(d.refobjsubid)::pg_catalog.int2 as attnum
    from pg_catalog.pg_policy p
    join pg_catalog.pg_depend f on f.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and f.objid = p.oid
        and f.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
    join pg_catalog.pg_proc own on own.oid = f.refobjid and own.proname = 'current_tenant' and own.pronargs = 0
    join pg_catalog.pg_namespace ours on ours.oid = own.pronamespace and ours.nspname = $3
    join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_policy'::pg_catalog.regclass and d.objid = p.oid
        and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjid = p.polrelid and d.refobjsubid > 0
    where p.polname = 'tenants_isolation' and p.polrelid = any ($1)
    group by p.polrelid),
admin as (select r.oid from pg_catalog.pg_roles r where r.rolname = $4),
sessions as (select r.oid from pg_catalog.pg_roles r where r.rolname = $5),
-- Down through domains to the type that holds the values.
base(start, oid, next) as (
    select t.oid, t.oid, t.typbasetype from pg_catalog.pg_type t
    where t.oid in (select a.atttypid from pg_catalog.pg_attribute a where a.attrelid = any ($1) and a.attnum > 0 and not a.attisdropped)
    union all
    select b.start, t.oid, t.typbasetype from base b join pg_catalog.pg_type t on t.oid = b.next where b.next <> 0),
granted_schemas as materialized (
    select o.relnamespace, pg_catalog.count(*)::int as relations
    from pg_catalog.pg_class o
    where o.relkind <> 'S' and o.relacl is not null
      and exists (select from pg_catalog.aclexplode(o.relacl) g join sessions s on s.oid = g.grantee)
    group by o.relnamespace)
select c.oid, n.nspname::text, c.relname::text, c.relkind, w.rolname::text,
       pg_catalog.pg_has_role(session_user, c.relowner, 'usage'),
       w.rolsuper or w.rolbypassrls
           -- Whoever initialises the database becomes an admin by that.
           or coalesce((select pg_catalog.pg_has_role(w.oid, m.oid, 'usage') from admin m), w.rolname = session_user),
       c.relrowsecurity, c.relforcerowsecurity,
       c.relkind in ('r', 'p') and pg_catalog.row_security_active(c.oid),
       exists (select from pg_catalog.pg_inherits h where h.inhrelid = c.oid),
       array(select pg_catalog.lower(g.privilege_type) from pg_catalog.aclexplode(c.relacl) g join sessions s on s.oid = g.grantee order by 1),
       coalesce((select pg_catalog.has_schema_privilege(s.oid, n.oid, 'usage') from sessions s),
                pg_catalog.has_schema_privilege('public', n.oid, 'usage')),
       exists (select from pg_catalog.aclexplode(n.nspacl) g join sessions s on s.oid = g.grantee where g.privilege_type = 'USAGE'),
       coalesce((select g.relations from granted_schemas g where g.relnamespace = c.relnamespace), 0)
           - case when exists (select from pg_catalog.aclexplode(c.relacl) g join sessions s on s.oid = g.grantee) then 1 else 0 end,
       array(select part
             from (select distinct sn.nspname::text as nspname, q.relname::text as relname,
                          coalesce((select pg_catalog.has_sequence_privilege(s.oid, q.oid, 'usage') from sessions s), false)::text as usable,
                          (exists (select from pg_catalog.pg_depend oe
                                   join pg_catalog.pg_attrdef od on od.oid = oe.objid
                                   join pg_catalog.pg_class ot on ot.oid = od.adrelid
                                   cross join lateral pg_catalog.aclexplode(ot.relacl) g
                                   join sessions s on s.oid = g.grantee
                                   where oe.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and oe.refobjid = q.oid
                                     and oe.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and od.adrelid <> c.oid))::text as elsewhere
                   from pg_catalog.pg_attrdef d
                   join pg_catalog.pg_depend e on e.classid = 'pg_catalog.pg_attrdef'::pg_catalog.regclass and e.objid = d.oid
                                              and e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                   join pg_catalog.pg_class q on q.oid = e.refobjid and q.relkind = 'S'
                   join pg_catalog.pg_namespace sn on sn.oid = q.relnamespace
                   where d.adrelid = c.oid) sequences
             cross join lateral (values (1, nspname), (2, relname), (3, usable), (4, elsewhere)) parts(position, part)
             order by nspname, relname, position),
       a.attname::text, pg_catalog.quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod),
       pg_catalog.format_type(b.oid, null), b.oid <> a.atttypid, coalesce(l.collisdeterministic, true),
       a.attnotnull, a.attgenerated <> '' or a.attidentity <> '', pg_catalog.pg_get_expr(d.adbin, d.adrelid),
       -- An index serves if its equality is the type's usual one; varchar_ops is text_ops by another name.
       (select x.relname::text
        from pg_catalog.pg_index i
        join pg_catalog.pg_class x on x.oid = i.indexrelid
        join pg_catalog.pg_am m on m.oid = x.relam and m.amname = 'btree'
        join pg_catalog.pg_opclass o on o.oid = i.indclass[0] and (o.opcdefault or o.opcname = 'varchar_ops')
        where i.indrelid = c.oid and i.indisvalid and i.indpred is null and i.indkey[0] = a.attnum
          and i.indcollation[0] = a.attcollation
        order by i.indisprimary desc, i.indnatts, x.relname limit 1),
       pg_catalog.quote_ident($3),
       -- Indexes of the tenant column alone whose building was cut off; one that is being built at this moment is none.
       array(select x.relname::text
             from pg_catalog.pg_index i
             join pg_catalog.pg_class x on x.oid = i.indexrelid
             where i.indrelid = c.oid and not i.indisvalid and not i.indisunique and i.indnatts = 1 and i.indkey[0] = a.attnum
               and i.indpred is null and not x.relispartition and x.relname ~ '_idx[0-9]*$'
               and not exists (select from pg_catalog.pg_stat_progress_create_index p where p.index_relid = i.indexrelid)
             order by 1)
from wanted
join pg_catalog.pg_class c on c.oid = wanted.oid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_roles w on w.oid = c.relowner
left join isolated on isolated.oid = c.oid
left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    and case when wanted.named is null and isolated.attnum is not null then a.attnum = isolated.attnum
             else a.attname = coalesce(wanted.named, 'tenant') end
left join base b on b.start = a.atttypid and b.next = 0
left join pg_catalog.pg_collation l on l.oid = a.attcollation
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
