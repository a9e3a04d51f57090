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
-- policies lifted (ri_triggers.c), and so does all that happens to a row until it is written there: BEFORE triggers, conditions
-- of any trigger, rules, checks, defaults, computed columns, expressions of indexes and of partition keys. None of them need
-- be SECURITY DEFINER to run the caller's code as the owner.
acted(oid) as (
    select f.conrelid from pg_constraint f
    where f.contype = 'f' and (f.confdeltype in ('c', 'n', 'd') or f.confupdtype in ('c', 'n', 'd')) and f.confrelid in (select w.oid from written w)
    union
    select e.next from acted a
    join lateral (
        select h.inhrelid from pg_inherits h where h.inhparent = a.oid
        union all
        select f.conrelid from pg_constraint f
        where f.contype = 'f' and f.confrelid = a.oid and (f.confdeltype in ('c', 'n', 'd') or f.confupdtype in ('c', 'n', 'd'))
        union all
        select d.refobjid from pg_rewrite r
        join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid and d.refclassid = 'pg_class'::regclass and d.refobjid <> a.oid
        where r.ev_class = a.oid) e(next) on true),
-- A partition's rows are checked by its parents' keys.
keyed(oid) as (
    select a.oid from acted a
    union
    select h.inhparent from keyed k join pg_inherits h on h.inhrelid = k.oid),
linked as materialized (
    select f.conrelid as oid, x.attnum from pg_constraint f cross join lateral unnest(f.conkey) x(attnum) where f.contype = 'f' and f.conrelid >= 16384
    union
    select f.confrelid, x.attnum from pg_constraint f cross join lateral unnest(f.confkey) x(attnum) where f.contype = 'f' and f.conrelid >= 16384),
-- The types of what is written or compared, and those that they are made of.
typed(oid) as (
    select t.atttypid from pg_attribute t
    where t.attnum > 0 and not t.attisdropped and (t.attrelid in (select a.oid from acted a) or (t.attrelid, t.attnum) in (select l.oid, l.attnum from linked l))
    union
    select e.next from typed y
    join lateral (
        select u.next from pg_type t cross join lateral (values (t.typbasetype), (t.typelem)) u(next) where t.oid = y.oid and u.next <> 0
        union all
        select t.atttypid from pg_type c join pg_attribute t on t.attrelid = c.typrelid where c.oid = y.oid and c.typtype = 'c' and t.attnum > 0 and not t.attisdropped
        union all
        select g.rngsubtype from pg_range g where g.rngtypid = y.oid
        union all
        select g.rngtypid from pg_range g where g.rngmultitypid = y.oid) e(next) on true),
acting(class, oid) as (
    select 'pg_constraint'::regclass, k.oid from pg_constraint k where k.contype = 'c' and k.conrelid in (select a.oid from acted a)
    union all
    select 'pg_constraint'::regclass, k.oid from pg_constraint k where k.contypid <> 0 and k.contypid in (select y.oid from typed y)
    union all
    select 'pg_type'::regclass, y.oid from typed y where y.oid >= 16384
    union all
    select 'pg_attrdef'::regclass, d.oid from pg_attrdef d where d.adrelid in (select a.oid from acted a)
    union all
    select 'pg_class'::regclass, i.indexrelid from pg_index i where i.indrelid in (select a.oid from acted a)
    union all
    select 'pg_class'::regclass, k.oid from keyed k
    union all
    select 'pg_rewrite'::regclass, r.oid from pg_rewrite r where r.ev_class in (select a.oid from acted a)
    union all
    select 'pg_trigger'::regclass, t.oid from pg_trigger t where not t.tgisinternal and t.tgenabled <> 'D' and t.tgrelid in (select a.oid from acted a)),
-- The look that a foreign key takes at the other table runs as that one's owner as well, by the key's operators.
looked as (
    select o.operator from pg_constraint f cross join lateral unnest(f.conpfeqop || f.conppeqop || f.conffeqop) o(operator)
    where f.contype = 'f' and f.conrelid >= 16384),
acts as materialized (
    select d.refobjid as oid from acting a join pg_depend d on d.classid = a.class and d.objid = a.oid and d.refclassid = 'pg_proc'::regclass
    where a.class <> 'pg_trigger'::regclass
       -- What fires after a row was written is put off until the tenant's statement ends. Before 18 it runs as the tenant, from
       -- then on as whoever wrote the row; its condition is looked at when the row is written. 2: BEFORE, 64: INSTEAD OF.
       or current_setting('server_version_num')::int >= 180000
       or not exists (select from pg_trigger t where t.oid = a.oid and t.tgfoid = d.refobjid and (t.tgtype & 66) = 0)
    union
    select o.oprcode::oid from acting a
    join pg_depend d on d.classid = a.class and d.objid = a.oid and d.refclassid = 'pg_operator'::regclass
    join pg_operator o on o.oid = d.refobjid
    union
    select o.oprcode::oid from looked l join pg_operator o on o.oid = l.operator
    union
    select c.castfunc from pg_cast c where c.castfunc >= 16384 and c.castcontext <> 'e' and c.castsource in (select y.oid from typed y)
    union
    select p.amproc::oid from pg_opclass c join pg_amproc p on p.amprocfamily = c.opcfamily where c.oid >= 16384),
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
routine as materialized (
    select p.oid, p.proowner, p.prosecdef, p.prokind, p.proleakproof, l.lanname, l.lanpltrusted, n.nspname,
           p.pronamespace = (select ours.oid from ours) as is_ours, p.proname, p.prosrc, p.prorettype = 'trigger'::regtype as is_trigger,
           -- Kept as a list of names, each quoted where that is needed: "pg_catalog, pg_temp" in quotes is one schema of an odd name.
           exists (select from unnest(p.proconfig) c
                   where c ~ '^search_path=(([a-z_][a-z0-9_$]*|"[^",]+"), *)*("pg_temp"|pg_temp)$'
                     and substr(c, 13) !~ '(^|, *)("pg_temp"|pg_temp) *,') as is_pinned,
           exists (select from unnest(p.proconfig) c where c like 'search_path=%') as has_path,
           exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e') as is_extensions,
           -- A range type brings functions in the language "internal" with it, an aggregate is one.
           exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i') or p.prokind = 'a' as is_brought,
           array(select distinct a.grantee from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                 where a.grantee = any ($1) and a.grantee <> p.proowner
                 union
                 select g.grantee from aggregated g where g.oid = p.oid) as grantees
    from pg_proc p
    join pg_language l on l.oid = p.prolang
    join pg_namespace n on n.oid = p.pronamespace
    where p.oid >= 16384 and n.nspname !~ '^pg_temp_' and p.proowner <> all ($1)),
candidate as (
    select r.* from routine r
    where r.prosecdef or r.proleakproof or not r.lanpltrusted or r.is_ours or r.oid in (select a.oid from acts a)),
definer as materialized (
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
-- What the code that runs as an owner leads to: what its text names, and what hangs on the tables that it names. A name is
-- compared by its first word, so that rather too much is found; one that the code puts together is not.
named(word, class, oid) as materialized (
    select (regexp_match(lower(r.proname), '[[:alnum:]_$]+'))[1], 'pg_proc'::regclass, r.oid from routine r where not r.is_ours
    union all
    select (regexp_match(lower(c.relname), '[[:alnum:]_$]+'))[1], 'pg_class'::regclass, c.oid
    from pg_class c
    where c.oid >= 16384 and c.relkind in ('r', 'p', 'v', 'f') and c.relpersistence <> 't' and c.relnamespace not in (select ours.oid from ours)),
led(class, oid) as (
    select 'pg_proc'::regclass, d.oid from definer d where (select m.it from may_make_temp m)
    union
    select 'pg_proc'::regclass, c.oid from candidate c where c.oid in (select a.oid from acts a) and not c.is_ours and (select m.it from may_make_temp m)
    union
    select e.class, e.oid from led b
    join lateral (
        select n.class, n.oid from routine r
        cross join lateral (select distinct m[1] as word from regexp_matches(lower(r.prosrc), '[[:alnum:]_$]+', 'g') m) w
        join named n on n.word = w.word
        where b.class = 'pg_proc'::regclass and r.oid = b.oid
        union all
        select d.refclassid, d.refobjid from pg_depend d
        where d.classid = b.class and d.objid = b.oid and b.class = 'pg_proc'::regclass and d.refclassid in ('pg_proc'::regclass, 'pg_class'::regclass)
        union all
        select d.refclassid, d.refobjid
        from (select 'pg_trigger'::regclass, t.oid from pg_trigger t where t.tgrelid = b.oid and not t.tgisinternal and t.tgenabled <> 'D'
              union all select 'pg_constraint'::regclass, k.oid from pg_constraint k where k.conrelid = b.oid and k.contype = 'c'
              union all select 'pg_attrdef'::regclass, f.oid from pg_attrdef f where f.adrelid = b.oid
              union all select 'pg_class'::regclass, i.indexrelid from pg_index i where i.indrelid = b.oid
              union all select 'pg_policy'::regclass, p.oid from pg_policy p where p.polrelid = b.oid
              union all select 'pg_class'::regclass, b.oid
              union all select 'pg_rewrite'::regclass, r.oid from pg_rewrite r where r.ev_class = b.oid) part(class, oid)
        join pg_depend d on d.classid = part.class and d.objid = part.oid and d.refclassid in ('pg_proc'::regclass, 'pg_class'::regclass)
        where b.class = 'pg_class'::regclass and d.refobjid >= 16384
        union all
        select 'pg_class'::regclass, h.inhrelid from pg_inherits h where b.class = 'pg_class'::regclass and h.inhparent = b.oid
        union all
        select 'pg_class'::regclass, f.conrelid from pg_constraint f
        where b.class = 'pg_class'::regclass and f.contype = 'f' and f.confrelid = b.oid
          and (f.confdeltype in ('c', 'n', 'd') or f.confupdtype in ('c', 'n', 'd'))) e(class, oid) on true),
-- From 18 on what was put off runs as whoever wrote the row, and under the path of the moment.
put_off as (
    select t.tgfoid as oid from pg_trigger t
    where current_setting('server_version_num')::int >= 180000 and t.tgdeferrable and not t.tgisinternal and t.tgenabled <> 'D'
      and t.tgrelid in (select b.oid from led b where b.class = 'pg_class'::regclass)
    union
    select d.refobjid from pg_constraint k
    join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = k.conindid and d.refclassid = 'pg_proc'::regclass
    where current_setting('server_version_num')::int >= 180000 and k.contype in ('u', 'x') and k.condeferrable
      and k.conrelid in (select b.oid from led b where b.class = 'pg_class'::regclass)),
-- A function's own path counts whoever calls it. PL/pgSQL keeps a function compiled with the types of the path under which it was
-- first called: what the tenant called first, with a domain of his own in place of a variable's type, runs his code when an owner's does.
reached as (
    select r.* from routine r
    where r.oid in (select b.oid from led b where b.class = 'pg_proc'::regclass)
      and not r.is_ours and not r.is_pinned and r.lanname not in ('c', 'internal') and not r.is_extensions
      and r.oid not in (select d.oid from definer d) and r.oid not in (select a.oid from action a)
      and (r.has_path
           or r.oid in (select p.oid from put_off p)
           -- A trigger's is compiled for that trigger.
           or (r.lanname = 'plpgsql' and r.prosrc ~* '\mdeclare\M'
               and case when r.is_trigger then r.oid in (select f.oid from fired f) else r.grantees <> '{}' end))),
-- The tenant's default is a setting that the tenant's SQL may alter, and no policy looks at what a foreign key writes.
strayed as (
    select distinct f.oid, f.conrelid, f.conname
    from pg_constraint f
    join pg_depend d on d.classid = 'pg_policy'::regclass and d.refclassid = 'pg_class'::regclass and d.refobjid = f.conrelid and d.refobjsubid = any (f.conkey)
    join pg_policy p on p.oid = d.objid and p.polname = 'tenants_isolation'
    where f.contype = 'f' and f.conrelid in (select i.oid from isolated i) and f.confrelid in (select w.oid from written w)
      and (f.confupdtype = 'd'
           or (f.confdeltype = 'd'
               and coalesce(nullif(to_jsonb(f) -> 'confdelsetcols', 'null') @> to_jsonb(d.refobjsubid), true)))),
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
select 'OwnerPath', format('%s', r.oid::regprocedure),
       format('alter routine %s set search_path = pg_catalog, %I, pg_temp', r.oid::regprocedure, r.nspname), 0
from reached r
union all
select 'StrayingKey', format('%I of %s', s.conname, s.conrelid::regclass), format('alter table %s drop constraint %I', s.conrelid::regclass, s.conname), 0
from strayed s
union all
select c.clause, format('%s', c.oid::regprocedure),
       (select string_agg(format('revoke execute on routine %s from %s', r.oid::regprocedure,
                                 (select string_agg(coalesce(quote_ident(g.rolname), 'public'), ', ') from unnest(c.grantees) x left join pg_roles g on g.oid = x)), E';\n')
        from (select c.oid union select a.aggfnoid::oid from aggregated a where a.oid = c.oid) r),
       0
from (
    select 'ModuleFunction' as clause, m.oid, m.grantees from candidate m where m.is_ours and m.proname not in ('current_tenant', 'enter')
    union all
    select 'UntrustedFunction', u.oid, u.grantees from candidate u where not u.lanpltrusted and not u.is_brought and not u.is_extensions
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
