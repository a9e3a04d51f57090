-- Views, materialized views and rules over tenant tables that read or write as somebody whom the policies do not bind.
-- Parameters and columns as in trust-relations.sql.
with recursive
ours as (select n.oid from pg_namespace n where n.nspname = $2),
isolated as materialized (
    select distinct p.polrelid as oid
    from pg_proc f
    join ours on ours.oid = f.pronamespace
    join pg_depend d on d.refclassid = 'pg_proc'::regclass and d.refobjid = f.oid and d.classid = 'pg_policy'::regclass
    join pg_policy p on p.oid = d.objid
    where f.proname = 'current_tenant' and f.pronargs = 0),
-- A partition holds tenants' rows whether it has policies or not.
tenants_rows(oid) as (
    select i.oid from isolated i
    union
    select h.inhrelid from tenants_rows t join pg_inherits h on h.inhparent = t.oid),
verdict(qual, checked, verdict) as (select * from unnest($3, $4, $5)),
policy as materialized (
    select p.polrelid as oid, p.polname, p.polcmd, p.polroles, coalesce(v.verdict, 'opens') as verdict
    from pg_policy p
    left join verdict v on v.qual = coalesce(p.polqual::text, '') and v.checked = coalesce(p.polwithcheck::text, '')
    where p.polpermissive),
held as (
    select c.oid from pg_class c
    where c.relhasrules and c.oid >= 16384 and c.relpersistence <> 't'
      and (exists (select from aclexplode(c.relacl) a where a.grantee = any ($1))
           or exists (select from pg_attribute t cross join lateral aclexplode(t.attacl) a
                      where t.attrelid = c.oid and t.attacl is not null and a.grantee = any ($1)))),
-- From what is held, through whatever its rules name. What stands in a materialized view was read once, by its owner.
walk(top, oid, is_copy) as (
    select h.oid, h.oid, false from held h
    union
    select w.top, d.refobjid, w.is_copy or c.relkind = 'm'
    from walk w
    join pg_class c on c.oid = w.oid and c.relhasrules
    join pg_rewrite r on r.ev_class = w.oid
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass and d.refobjid <> w.oid),
use as (
    select distinct w.top, w.oid, w.is_copy or c.relkind = 'm' as is_copy, c.relkind, c.relowner, o.rolname, o.rolsuper or o.rolbypassrls as is_free,
           r.ev_type, d.refobjid as target,
           c.relkind = 'v' and r.ev_type = '1'
               and exists (select from unnest(c.reloptions) x where x ~* '^security_invoker=(true|on|yes|1)$') as is_invoker
    from walk w
    join pg_class c on c.oid = w.oid and c.relhasrules
    join pg_roles o on o.oid = c.relowner
    join pg_rewrite r on r.ev_class = w.oid
    join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass and d.refobjid <> w.oid
    where d.refobjid in (select t.oid from tenants_rows t)),
unbound as (
    select u.*,
           case when u.is_copy then 'MaterializedView' when u.ev_type = '1' then 'UnboundView' else 'UnboundRule' end as clause
    from use u
    join pg_class t on t.oid = u.target
    where u.is_copy
       or (not u.is_invoker and (
           u.is_free
           or not t.relrowsecurity or not t.relforcerowsecurity
           or not exists (select from policy p where p.oid = u.target and p.polname = 'tenants_isolation' and p.verdict = 'isolation' and p.polcmd = '*' and p.polroles = '{0}')
           or exists (select from policy p cross join lateral unnest(p.polroles) x
                      where p.oid = u.target and p.verdict = 'opens' and (x = 0 or pg_has_role(u.relowner, x, 'usage'))))))
select u.clause,
       format('%s%s over %s (owner %s)', u.top::regclass, case when u.top = u.oid then '' else format(' through %s', u.oid::regclass) end,
              u.target::regclass, u.rolname),
       case when u.clause = 'UnboundView' and current_setting('server_version_num')::int >= 150000
            then format('alter view %s set (security_invoker = true)', u.oid::regclass)
            else format('revoke all on %s from %s', u.top::regclass,
                        (select string_agg(distinct coalesce(quote_ident(g.rolname), 'public'), ', ')
                         from pg_class c cross join lateral aclexplode(c.relacl) a left join pg_roles g on g.oid = a.grantee
                         where c.oid = u.top and a.grantee = any ($1))) end,
       0::oid
from unbound u
order by 1, 2
