-- What the login owns, where it may create, and rights on what is no relation and no function.
-- $1 holds the roles, 0 for PUBLIC. Columns as in trust-relations.sql.
with
login as (select r.oid, r.rolname from pg_roles r where r.rolname = session_user),
database as (select d.oid, d.datname, d.datdba, d.datacl from pg_database d where d.datname = current_database()),
schema_right as (
    select n.nspname, a.grantee from pg_namespace n cross join lateral aclexplode(n.nspacl) a
    where n.nspname !~ '^pg_(toast_)?temp_' and a.privilege_type = 'CREATE' and a.grantee = any ($1) and a.grantee <> n.nspowner),
grantable(kind, what, privilege, grantee) as (
    select 'database', format('%I', d.datname), a.privilege_type, a.grantee from pg_database d cross join lateral aclexplode(d.datacl) a where a.is_grantable and a.grantee <> d.datdba
    union all
    select 'tablespace', format('%I', t.spcname), a.privilege_type, a.grantee from pg_tablespace t cross join lateral aclexplode(t.spcacl) a where a.is_grantable and a.grantee <> t.spcowner
    union all
    select 'schema', format('%I', n.nspname), a.privilege_type, a.grantee from pg_namespace n cross join lateral aclexplode(n.nspacl) a
    where a.is_grantable and a.grantee <> n.nspowner and n.nspname !~ '^pg_(toast_)?temp_'
    union all
    select 'routine', p.oid::regprocedure::text, a.privilege_type, a.grantee
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace cross join lateral aclexplode(p.proacl) a
    where p.proacl is not null and a.is_grantable and a.grantee <> p.proowner and n.nspname !~ '^pg_temp_'
    union all
    select 'type', t.oid::regtype::text, a.privilege_type, a.grantee
    from pg_type t join pg_namespace n on n.oid = t.typnamespace cross join lateral aclexplode(t.typacl) a
    where t.typacl is not null and a.is_grantable and a.grantee <> t.typowner and n.nspname !~ '^pg_temp_'
    union all
    select 'language', format('%I', l.lanname), a.privilege_type, a.grantee from pg_language l cross join lateral aclexplode(l.lanacl) a where a.is_grantable and a.grantee <> l.lanowner
    union all
    select 'foreign data wrapper', format('%I', w.fdwname), a.privilege_type, a.grantee from pg_foreign_data_wrapper w cross join lateral aclexplode(w.fdwacl) a where a.is_grantable and a.grantee <> w.fdwowner
    union all
    select 'foreign server', format('%I', s.srvname), a.privilege_type, a.grantee from pg_foreign_server s cross join lateral aclexplode(s.srvacl) a where a.is_grantable and a.grantee <> s.srvowner),
-- The roles that tenants' SQL runs as: members of the session role that are no admin's.
tenants_own as materialized (
    select r.oid from pg_roles r
    where pg_has_role(r.oid, (select s.oid from pg_roles s where s.rolname = (select t.value from {schema}.setting t where t.name = 'session_role')), 'member')
      and not pg_has_role(r.oid, (select a.oid from pg_roles a where a.rolname = (select t.value from {schema}.setting t where t.name = 'admin_role')), 'member')),
setting as (
    select s.setdatabase, s.setrole, split_part(c, '=', 1) as name, substr(c, strpos(c, '=') + 1) as value
    from pg_db_role_setting s cross join lateral unnest(s.setconfig) c
    where s.setrole in (0, (select l.oid from login l)) and s.setdatabase in (0, (select d.oid from database d)))
-- Default privileges concern only what a role creates, and user mappings and large objects are told below.
select 'OwnsObject', format('%s %s (owner %s)', i.type, i.identity, r.rolname),
       format('reassign owned by %I to current_user', r.rolname), r.oid
from pg_shdepend d
join pg_roles r on r.oid = d.refobjid
cross join lateral pg_identify_object(d.classid, d.objid, d.objsubid) i
where d.refclassid = 'pg_authid'::regclass and d.deptype = 'o' and d.refobjid = any ($1) and d.dbid in (0, (select b.oid from database b))
  and d.classid not in ('pg_default_acl'::regclass, 'pg_user_mapping'::regclass, 'pg_largeobject'::regclass)
  and i.identity is not null and coalesce(i.schema, '') !~ '^pg_(toast_)?temp_'
union all
select 'CreateOnDatabase', format('%s (of %s)', d.datname, coalesce(g.rolname, 'PUBLIC')),
       format('revoke create on database %I from %s', d.datname, coalesce(quote_ident(g.rolname), 'public')), a.grantee
from database d cross join lateral aclexplode(d.datacl) a left join pg_roles g on g.oid = a.grantee
where a.privilege_type = 'CREATE' and a.grantee = any ($1) and a.grantee <> d.datdba
union all
select 'CreateOnSchema', format('%s (of %s)', s.nspname, coalesce(g.rolname, 'PUBLIC')),
       format('revoke create on schema %I from %s', s.nspname, coalesce(quote_ident(g.rolname), 'public')), s.grantee
from schema_right s left join pg_roles g on g.oid = s.grantee
union all
select * from (
    select 'LargeObject', format('%s (%s)', m.oid, case when m.lomowner = any ($1) then 'its owner' else 'granted' end),
           case when m.lomowner = any ($1) then format('alter large object %s owner to current_user', m.oid)
                else format('revoke all on large object %s from %s', m.oid, (
                    select string_agg(distinct coalesce(quote_ident(g.rolname), 'public'), ', ')
                    from aclexplode(m.lomacl) a left join pg_roles g on g.oid = a.grantee where a.grantee = any ($1))) end,
           case when m.lomowner = any ($1) then m.lomowner else 0 end
    from pg_largeobject_metadata m
    -- What a tenant's SQL made, by whichever login, and whomever it let in: a tenant shall not be able to have logins refused.
    where m.lomowner not in (select t.oid from tenants_own t)
      and (m.lomowner = any ($1) or (m.lomacl is not null and exists (select from aclexplode(m.lomacl) a where a.grantee = any ($1) and a.grantee <> m.lomowner)))
    order by m.oid limit 1000) large_objects
union all
-- An untrusted language is a superuser's whatever is granted on it, unless somebody declared it trusted.
select 'UntrustedLanguage', l.lanname, format('update pg_catalog.pg_language set lanpltrusted = false where oid = %s', l.oid), 0
from pg_language l
where l.lanpltrusted and (l.lanname in ('c', 'internal') or l.lanname ~ '^pl.*u$')
  and exists (select from aclexplode(coalesce(l.lanacl, acldefault('l', l.lanowner))) a where a.grantee = any ($1))
union all
select 'ForeignServer', format('%s (of %s)', s.srvname, coalesce(g.rolname, 'PUBLIC')),
       format('revoke usage on foreign server %I from %s', s.srvname, coalesce(quote_ident(g.rolname), 'public')), a.grantee
from pg_foreign_server s cross join lateral aclexplode(s.srvacl) a left join pg_roles g on g.oid = a.grantee
where a.grantee = any ($1) and a.grantee <> s.srvowner
union all
select 'ForeignDataWrapper', format('%s (of %s)', w.fdwname, coalesce(g.rolname, 'PUBLIC')),
       format('revoke usage on foreign data wrapper %I from %s', w.fdwname, coalesce(quote_ident(g.rolname), 'public')), a.grantee
from pg_foreign_data_wrapper w cross join lateral aclexplode(w.fdwacl) a left join pg_roles g on g.oid = a.grantee
where a.grantee = any ($1) and a.grantee <> w.fdwowner
union all
select 'UserMapping', format('%s (for %s)', m.srvname, m.usename),
       format('drop user mapping for %s server %I', case when m.umuser = 0 then 'public' else quote_ident(m.usename) end, m.srvname), m.umuser
from pg_user_mappings m where m.umuser = any ($1)
union all
select 'GrantOption', format('%s on %s %s (of %s)', lower(t.privilege), t.kind, t.what, g.rolname),
       format('revoke grant option for %s on %s %s from %I cascade', lower(t.privilege), t.kind, t.what, g.rolname), t.grantee
from grantable t join pg_roles g on g.oid = t.grantee where t.grantee = any ($1)
union all
select 'HarmfulSetting', format('%s = %s', s.name, s.value),
       case when s.setrole <> 0 then format('alter role %I%s reset %I', (select l.rolname from login l),
                                            case when s.setdatabase <> 0 then format(' in database %I', current_database()) else '' end, s.name)
            when s.setdatabase <> 0 then format('alter database %I reset %I', current_database(), s.name)
            else format('alter role all reset %I', s.name) end,
       0
from setting s
where (s.name in ('role', 'session_authorization') and s.value not in ('none', ''))
   or s.name = 'session_preload_libraries'
   or (s.name = 'session_replication_role' and s.value <> 'origin')
   or (s.name in ('lo_compat_privileges', 'allow_system_table_mods') and s.value in ('on', 'true', 'yes', '1'))
union all
select 'HarmfulSetting', format('%s = %s', s.name, s.setting), format('alter system reset %I', s.name), 0
from pg_settings s
where s.name in ('lo_compat_privileges', 'allow_system_table_mods') and s.setting = 'on' and s.source in ('configuration file', 'command line', 'environment variable')
order by 1, 2
