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
-- What a foreign key does to the rows of another table (CASCADE, SET NULL, SET DEFAULT) runs as that table's owner, with the
-- policies lifted (ri_triggers.c), and so does all that happens before a row is written there: BEFORE triggers, checks, defaults,
-- computed columns, expressions of indexes. None of them need be SECURITY DEFINER to run the caller's code as the owner.
acted(oid) as (
    select f.conrelid from pg_constraint f
    where f.contype = 'f' and (f.confdeltype in ('c', 'n', 'd') or f.confupdtype in ('c', 'n', 'd')) and f.confrelid in (select w.oid from written w)
    union
    select e.next from acted a
    join lateral (
        select h.inhrelid from pg_inherits h where h.inhparent = a.oid
        union all
        select f.conrelid from pg_constraint f
        where f.contype = 'f' and f.confrelid = a.oid and (f.confdeltype in ('c', 'n', 'd') or f.confupdtype in ('c', 'n', 'd'))) e(next) on true),
acting(class, oid) as (
    select 'pg_constraint'::regclass, k.oid from pg_constraint k where k.contype = 'c' and k.conrelid in (select a.oid from acted a)
    union all
    select 'pg_constraint'::regclass, k.oid
    from pg_attribute t join pg_constraint k on k.contypid = t.atttypid where t.attnum > 0 and t.attrelid in (select a.oid from acted a)
    union all
    select 'pg_attrdef'::regclass, d.oid from pg_attrdef d where d.adrelid in (select a.oid from acted a)
    union all
    select 'pg_class'::regclass, i.indexrelid from pg_index i where i.indrelid in (select a.oid from acted a)),
-- The look that a foreign key takes at the other table runs as that one's owner as well, by the key's operators.
looked as (
    select o.operator from pg_constraint f cross join lateral unnest(f.conpfeqop || f.conppeqop || f.conffeqop) o(operator)
    where f.contype = 'f' and f.conrelid >= 16384),
acts as materialized (
    -- 2: BEFORE. What fires after a row was written is put off until the tenant's statement ends, and runs as the tenant.
    select t.tgfoid as oid from pg_trigger t
    where not t.tgisinternal and t.tgenabled <> 'D' and (t.tgtype & 2) <> 0 and t.tgrelid in (select a.oid from acted a)
    union
    select d.refobjid from acting a join pg_depend d on d.classid = a.class and d.objid = a.oid and d.refclassid = 'pg_proc'::regclass
    union
    select o.oprcode::oid from acting a
    join pg_depend d on d.classid = a.class and d.objid = a.oid and d.refclassid = 'pg_operator'::regclass
    join pg_operator o on o.oid = d.refobjid
    union
    select o.oprcode::oid from looked l join pg_operator o on o.oid = l.operator),
-- An aggregate's functions are called by the right of its owner, so whoever may call the aggregate calls them.
aggregated as materialized (
    select distinct f.component as oid, g.aggfnoid, a.grantee
    from pg_aggregate g
    join pg_proc p on p.oid = g.aggfnoid
    cross join lateral unnest(array[g.aggtransfn, g.aggfinalfn, g.aggcombinefn, g.aggserialfn, g.aggdeserialfn, g.aggmtransfn, g.aggminvtransfn, g.aggmfinalfn]::oid[]) f(component)
    cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    where p.oid >= 16384 and f.component >= 16384 and a.grantee = any ($1)),
may_make_temp as (
    select exists (select from pg_database d cross join lateral aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
                   where d.datname = current_database() and a.privilege_type = 'TEMPORARY' and a.grantee = any ($1)) as it),
candidate as materialized (
    select p.oid, p.proowner, p.prosecdef, p.prokind, p.proleakproof, l.lanname, l.lanpltrusted, n.nspname,
           p.pronamespace = (select ours.oid from ours) as is_ours, p.proname,
           -- Kept as a list of names, each quoted where that is needed: "pg_catalog, pg_temp" in quotes is one schema of an odd name.
           exists (select from unnest(p.proconfig) c
                   where c ~ '^search_path=(([a-z_][a-z0-9_$]*|"[^",]+"), *)*("pg_temp"|pg_temp)$'
                     and substr(c, 13) !~ '(^|, *)("pg_temp"|pg_temp) *,') as is_pinned,
           exists (select from unnest(p.proconfig) c where c like 'search_path=%') as has_path,
           exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e') as is_extensions,
           array(select distinct a.grantee from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                 where a.grantee = any ($1) and a.grantee <> p.proowner
                 union
                 select g.grantee from aggregated g where g.oid = p.oid) as grantees
    from pg_proc p
    join pg_language l on l.oid = p.prolang
    join pg_namespace n on n.oid = p.pronamespace
    where p.oid >= 16384 and n.nspname !~ '^pg_temp_' and p.proowner <> all ($1)
      and (p.prosecdef or p.proleakproof or not l.lanpltrusted or n.nspname = $2 or p.oid in (select a.oid from acts a))),
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
    -- A body that was bound when it was made (BEGIN ATOMIC) is no exception: what it calls, and the triggers that it fires, are not.
    where d.is_unbound or not (d.is_pinned or (d.has_path and not (select m.it from may_make_temp m)))),
-- Without temporary objects the caller has nothing of his own that a name could find.
action as (
    select c.* from candidate c
    where c.oid in (select a.oid from acts a) and not c.is_ours and not c.is_pinned
      and c.lanname not in ('c', 'internal') and (select m.it from may_make_temp m)),
initial as (
    select i.objoid as oid, a.grantee
    from pg_init_privs i cross join lateral aclexplode(i.initprivs) a
    where i.classoid = 'pg_proc'::regclass)
select f.clause,
       format('%s (owner %s%s)', f.oid::regprocedure, f.owner, case when f.is_fired then ', fired by a trigger' else '' end),
       case when f.clause = 'DefinerPath' then format('alter routine %s set search_path = pg_catalog, %I, pg_temp', f.oid::regprocedure, f.nspname)
            when f.is_fired then format('alter routine %s security invoker', f.oid::regprocedure)
            else format('revoke execute on routine %s from %s', f.oid::regprocedure,
                        (select string_agg(coalesce(quote_ident(g.rolname), 'public'), ', ')
                         from unnest(f.grantees) x left join pg_roles g on g.oid = x)) end,
       0::oid
from faulty f
union all
select 'ActionPath', format('%s', a.oid::regprocedure),
       format('alter routine %s set search_path = pg_catalog, %I, pg_temp', a.oid::regprocedure, a.nspname), 0
from action a
union all
select c.clause, format('%s', c.oid::regprocedure),
       (select string_agg(format('revoke execute on routine %s from %s', r.oid::regprocedure,
                                 (select string_agg(coalesce(quote_ident(g.rolname), 'public'), ', ') from unnest(c.grantees) x left join pg_roles g on g.oid = x)), E';\n')
        from (select c.oid union select a.aggfnoid::oid from aggregated a where a.oid = c.oid) r),
       0
from (
    select 'ModuleFunction' as clause, m.oid, m.grantees from candidate m where m.is_ours and m.proname not in ('current_tenant', 'enter')
    union all
    select 'UntrustedFunction', u.oid, u.grantees from candidate u where not u.lanpltrusted and u.prokind <> 'a' and not u.is_extensions
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
