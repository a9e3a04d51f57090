-- Rights on tables, views, sequences and the like. Each row is a clause, what it is about, the statement that mends it, and the
-- role whose right it is, where it is one role's.
-- $1 holds the roles, 0 for PUBLIC; $2 is the module's schema; $3 to $5 are the policies that open nothing: condition, check,
-- and "isolation" or "harmless". Read under the path "pg_catalog, pg_temp". "(not) in" rather than "(not) exists" where sets are
-- large: it is hashed whatever the planner believes of a catalog that was never analyzed.
with recursive
ours as (select n.oid from pg_namespace n where n.nspname = $2),
shared as materialized (select s.oid, s.writable from {schema}.shared_table s),
-- An owner's rights are not granted: who owns is told elsewhere. Temporary relations end with their session.
held as materialized (
    select c.oid, 0::int2 as attnum, a.grantee, a.privilege_type as privilege, a.is_grantable
    from pg_class c cross join lateral aclexplode(c.relacl) a
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 't') and c.relpersistence <> 't' and a.grantee = any ($1) and a.grantee <> c.relowner
    union all
    select c.oid, t.attnum, a.grantee, a.privilege_type, a.is_grantable
    from pg_attribute t
    join pg_class c on c.oid = t.attrelid
    cross join lateral aclexplode(t.attacl) a
    where t.attacl is not null and not t.attisdropped and c.relpersistence <> 't' and a.grantee = any ($1) and a.grantee <> c.relowner),
-- What initdb granted; OIDs below 16384 are initdb's own. It writes that down, but for the information schema, which all may read.
initial as materialized (
    select i.objoid as oid, i.objsubid::int2 as attnum, a.grantee, a.privilege_type as privilege
    from pg_init_privs i cross join lateral aclexplode(i.initprivs) a
    where i.classoid = 'pg_class'::regclass and i.objoid < 16384
    union all
    select c.oid, 0::int2, 0::oid, 'SELECT' from pg_class c where c.relnamespace = 'information_schema'::regnamespace and c.oid < 16384),
-- Tenant tables are known by what their policies depend on.
isolated as materialized (
    select distinct p.polrelid as oid
    from pg_proc f
    join ours on ours.oid = f.pronamespace
    join pg_depend d on d.refclassid = 'pg_proc'::regclass and d.refobjid = f.oid and d.classid = 'pg_policy'::regclass
    join pg_policy p on p.oid = d.objid
    where f.proname = 'current_tenant' and f.pronargs = 0),
verdict(qual, checked, verdict) as (select * from unnest($3, $4, $5)),
policy as materialized (
    select p.polrelid as oid, p.polname, p.polcmd, p.polroles, coalesce(v.verdict, 'opens') as verdict
    from pg_policy p
    left join verdict v on v.qual = coalesce(p.polqual::text, '') and v.checked = coalesce(p.polwithcheck::text, '')
    where p.polpermissive),
relation as materialized (
    select c.oid, c.relkind, c.relname, c.relrowsecurity, c.relforcerowsecurity,
           case when c.oid < 16384 then 'system'
                when c.relkind = 'S' then 'sequence'
                when c.relnamespace = (select ours.oid from ours) then 'module'
                when c.oid in (select i.oid from isolated i) then 'tenant'
                when c.oid in (select s.oid from shared s) then 'shared'
                else 'stranger' end as kind
    from pg_class c where c.oid in (select h.oid from held h)),
-- Rights that count against the login, by the reason.
refused as (
    select r.oid, h.grantee, h.attnum, h.privilege,
           case
               when r.kind = 'system' then
                   case when (h.oid, h.attnum, h.privilege, 0::oid) not in (select i.oid, i.attnum, i.privilege, i.grantee from initial i)
                         and (h.oid, h.attnum, h.privilege, h.grantee) not in (select i.oid, i.attnum, i.privilege, i.grantee from initial i)
                        then 'SystemCatalogRight' end
               when r.kind = 'sequence' then case when h.privilege = 'UPDATE' then 'SequenceUpdate' end
               when r.kind = 'module' then
                   case when r.relname not in ('setting', 'shared_table') or h.privilege <> 'SELECT' then 'ModuleTable' end
               when r.kind = 'stranger' then 'TableRight'
               when h.privilege not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE') then 'UnfilteredRight'
               when r.kind = 'shared' and h.privilege <> 'SELECT' and not (select s.writable from shared s where s.oid = r.oid) then 'SharedTableWrite'
           end as clause
    from relation r join held h on h.oid = r.oid),
refused_by as (
    select f.clause, f.oid, f.grantee,
           string_agg(lower(f.privilege) || case when f.attnum > 0
               then (select ' (' || quote_ident(a.attname) || ')' from pg_attribute a where a.attrelid = f.oid and a.attnum = f.attnum)
               else '' end, ', ' order by f.attnum, f.privilege) as rights
    from refused f where f.clause is not null
    group by f.clause, f.oid, f.grantee),
tenant_holders as (
    select r.oid, string_agg(distinct coalesce(quote_ident(g.rolname), 'public'), ', ') as holders
    from relation r join held h on h.oid = r.oid left join pg_roles g on g.oid = h.grantee
    where r.kind in ('tenant', 'shared')
    group by r.oid),
fault(oid, what, mend) as (
    select r.oid, 'row security is off', format('alter table %s enable row level security', r.oid::regclass)
    from relation r where r.kind = 'tenant' and not r.relrowsecurity
    union all
    select r.oid, 'row security does not bind its owner', format('alter table %s force row level security', r.oid::regclass)
    from relation r where r.kind = 'tenant' and not r.relforcerowsecurity
    union all
    select r.oid, 'its policy tenants_isolation is missing or does not say what it must',
           format('revoke all on %s from %s', r.oid::regclass, (select t.holders from tenant_holders t where t.oid = r.oid))
    from relation r where r.kind = 'tenant'
      and r.oid not in (select p.oid from policy p where p.polname = 'tenants_isolation' and p.verdict = 'isolation' and p.polcmd = '*' and p.polroles = '{0}')
    union all
    select r.oid, format('the policy %I opens rows of all tenants', p.polname), format('drop policy %I on %s', p.polname, r.oid::regclass)
    from relation r join policy p on p.oid = r.oid
    where r.kind = 'tenant' and p.verdict = 'opens' and p.polroles && $1),
-- Who reads a parent reads its children under the parent's policies.
below(top, oid) as (
    select r.oid, h.inhrelid from relation r join pg_inherits h on h.inhparent = r.oid where r.kind = 'shared'
    union
    select b.top, h.inhrelid from below b join pg_inherits h on h.inhparent = b.oid)
select f.clause, format('%s (%s%s)', f.oid::regclass, f.rights, case when f.grantee = 0 then ' of PUBLIC' else format(' of %s', g.rolname) end),
       format('revoke %s on %s%s from %s', f.rights, case when c.relkind = 'S' then 'sequence ' else '' end, f.oid::regclass,
              coalesce(quote_ident(g.rolname), 'public')),
       f.grantee
from refused_by f join pg_class c on c.oid = f.oid left join pg_roles g on g.oid = f.grantee
union all
select 'UnkeptTable', format('%s: %s', f.oid::regclass, f.what), f.mend, 0 from fault f
union all
select 'SharedParent', format('%s over %s', b.top::regclass, string_agg(b.oid::regclass::text, ', ')),
       format('revoke all on %s from %s', b.top::regclass, (select t.holders from tenant_holders t where t.oid = b.top)), 0
from below b where b.oid in (select i.oid from isolated i) group by b.top
union all
select 'GrantOption', format('%s on %s (of %s)', lower(h.privilege), h.oid::regclass, g.rolname),
       format('revoke grant option for %s%s on %s%s from %I cascade', lower(h.privilege),
              case when h.attnum > 0 then (select format(' (%I)', a.attname) from pg_attribute a where a.attrelid = h.oid and a.attnum = h.attnum) else '' end,
              case when r.relkind = 'S' then 'sequence ' else '' end, h.oid::regclass, g.rolname),
       h.grantee
from held h join relation r on r.oid = h.oid join pg_roles g on g.oid = h.grantee
where h.is_grantable
order by 1, 2
