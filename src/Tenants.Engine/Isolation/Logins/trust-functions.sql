-- Functions that run with rights which the login does not have. Parameters and columns as in trust-relations.sql.
--
-- What a SECURITY DEFINER function does to tenant tables is bound by the policies if its owner is: the isolating policy and the
-- admin's both ask who the session is, not whose function it is. So an admin's function shows a tenant only its own rows.
-- That holds as long as the function does what its owner wrote. One that looks names up by a path which the caller rules, or
-- in pg_temp, which comes first unless the path names it, finds the caller's view in place of a table, and functions in
-- that view run as the owner: then the caller has all the owner's rights, those of dropping policies too.
with recursive
ours as (select n.oid from pg_namespace n where n.nspname = $2),
isolated as materialized (
    select distinct p.polrelid as oid
    from pg_proc f
    join ours on ours.oid = f.pronamespace
    join pg_depend d on d.refclassid = 'pg_proc'::regclass and d.refobjid = f.oid and d.classid = 'pg_policy'::regclass
    join pg_policy p on p.oid = d.objid
    where f.proname = 'current_tenant' and f.pronargs = 0),
verdict(qual, checked, verdict) as (select * from unnest($3, $4, $5)),
opening as materialized (
    select distinct x as role
    from pg_policy p
    left join verdict v on v.qual = coalesce(p.polqual::text, '') and v.checked = coalesce(p.polwithcheck::text, '')
    cross join lateral unnest(p.polroles) x
    where p.polpermissive and v.verdict is null and x <> 0 and p.polrelid in (select i.oid from isolated i)),
unforced as materialized (
    select distinct c.relowner as role
    from pg_class c where not (c.relrowsecurity and c.relforcerowsecurity) and c.oid in (select i.oid from isolated i)),
-- Triggers fire without the right to execute their functions: on what the login can write, and on what that leads to.
written(oid) as (
    select c.oid from pg_class c
    where c.relpersistence <> 't' and c.oid >= 16384
      and (exists (select from aclexplode(c.relacl) a where a.grantee = any ($1) and a.privilege_type in ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'))
           or exists (select from pg_attribute t cross join lateral aclexplode(t.attacl) a
                      where t.attrelid = c.oid and t.attacl is not null and a.grantee = any ($1) and a.privilege_type in ('INSERT', 'UPDATE')))
    union
    select e.next
    from written w
    join lateral (
        select h.inhrelid from pg_inherits h where h.inhparent = w.oid
        union all
        select f.conrelid from pg_constraint f where f.contype = 'f' and f.confrelid = w.oid and (f.confdeltype in ('c', 'n', 'd') or f.confupdtype in ('c', 'n', 'd'))
        union all
        select d.refobjid from pg_rewrite r
        join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass and d.refobjid <> w.oid
        where r.ev_class = w.oid) e(next) on true),
fired as materialized (
    select t.tgfoid as oid from pg_trigger t
    where not t.tgisinternal and t.tgenabled <> 'D' and t.tgrelid in (select w.oid from written w)
    union
    select e.evtfoid from pg_event_trigger e where e.evtenabled <> 'D'),
may_make_temp as (
    select exists (select from pg_database d cross join lateral aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
                   where d.datname = current_database() and a.privilege_type = 'TEMPORARY' and a.grantee = any ($1)) as it),
candidate as materialized (
    select p.oid, p.proowner, p.prosecdef, p.prokind, p.proleakproof, p.prosqlbody is not null as is_bound_early, l.lanname, l.lanpltrusted, l.lanispl,
           p.pronamespace = (select ours.oid from ours) as is_ours, p.proname,
           (select array_agg(btrim(s.part, ' "') order by s.position)
            from unnest(p.proconfig) c, unnest(string_to_array(lower(substr(c, 13)), ',')) with ordinality s(part, position)
            where c like 'search_path=%') as path,
           exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e') as is_extensions,
           array(select distinct a.grantee from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                 where a.grantee = any ($1) and a.grantee <> p.proowner) as grantees
    from pg_proc p
    join pg_language l on l.oid = p.prolang
    join pg_namespace n on n.oid = p.pronamespace
    where p.oid >= 16384 and n.nspname !~ '^pg_temp_' and p.proowner <> all ($1)
      and (p.prosecdef or p.proleakproof or not l.lanpltrusted or n.nspname = $2)),
definer as (
    select c.*, o.rolname as owner, c.oid in (select f.oid from fired f) as is_fired,
           o.rolsuper or o.rolbypassrls
               or exists (select from opening x where pg_has_role(c.proowner, x.role, 'usage'))
               or exists (select from unforced x where pg_has_role(c.proowner, x.role, 'usage')) as is_unbound
    from candidate c join pg_roles o on o.oid = c.proowner
    where c.prosecdef and not c.is_ours and (c.grantees <> '{}' or c.oid in (select f.oid from fired f))),
faulty as (
    select case when d.is_unbound then 'DefinerFunction' else 'DefinerPath' end as clause, d.*
    from definer d
    where d.is_unbound
       or not (d.is_bound_early
               or (d.path is not null
                   and ((d.path[cardinality(d.path)] = 'pg_temp' and array_position(d.path, 'pg_temp') = cardinality(d.path))
                        or not (select m.it from may_make_temp m))))),
initial as (
    select i.objoid as oid, a.grantee
    from pg_init_privs i cross join lateral aclexplode(i.initprivs) a
    where i.classoid = 'pg_proc'::regclass)
select f.clause,
       format('%s (owner %s%s)', f.oid::regprocedure, f.owner, case when f.is_fired then ', fired by a trigger' else '' end),
       case when f.clause = 'DefinerPath' then format('alter routine %s set search_path = pg_catalog, pg_temp', f.oid::regprocedure)
            when f.is_fired then format('alter routine %s security invoker', f.oid::regprocedure)
            else format('revoke execute on routine %s from %s', f.oid::regprocedure,
                        (select string_agg(coalesce(quote_ident(g.rolname), 'public'), ', ')
                         from unnest(f.grantees) x left join pg_roles g on g.oid = x)) end,
       0::oid
from faulty f
union all
select c.clause, format('%s', c.oid::regprocedure),
       format('revoke execute on routine %s from %s', c.oid::regprocedure,
              (select string_agg(coalesce(quote_ident(g.rolname), 'public'), ', ') from unnest(c.grantees) x left join pg_roles g on g.oid = x)),
       0
from (
    select 'ModuleFunction' as clause, m.oid, m.grantees from candidate m where m.is_ours and m.proname not in ('current_tenant', 'enter')
    union all
    select 'UntrustedFunction', u.oid, u.grantees from candidate u where not u.lanpltrusted and not u.is_extensions
    union all
    select 'LeakproofFunction', k.oid, k.grantees from candidate k where k.proleakproof and k.lanname not in ('c', 'internal')) c
where c.grantees <> '{}'
union all
-- Functions that initdb or an extension closed, and somebody opened.
select 'SystemFunctionRight', format('%s (of %s)', p.oid::regprocedure, coalesce(g.rolname, 'PUBLIC')),
       format('revoke execute on routine %s from %s', p.oid::regprocedure, coalesce(quote_ident(g.rolname), 'public')),
       a.grantee
from pg_proc p
cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
left join pg_roles g on g.oid = a.grantee
where p.oid in (select i.objoid from pg_init_privs i where i.classoid = 'pg_proc'::regclass)
  and a.grantee = any ($1) and a.grantee <> p.proowner
  and not exists (select from initial i where i.oid = p.oid and i.grantee in (0, a.grantee))
order by 1, 2
