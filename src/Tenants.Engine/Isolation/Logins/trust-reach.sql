-- The roles that the login belongs to: what each may do, whether the login can use it, and through whom it came by it.
-- $1 is the admin role, $2 the owner role, $3 the session role. Read under the path "pg_catalog, pg_temp".
with recursive
login as (select r.oid from pg_roles r where r.rolname = session_user),
-- The options of a membership came with 16; before, each could be entered.
edge as (
    select m.roleid, m.member, m.admin_option as admin,
           coalesce((to_jsonb(m) ->> 'set_option')::boolean, true) as become,
           coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true) as inherit
    from pg_auth_members m),
-- Each of these is a reason by itself, and what lies behind it goes with it.
refused as (
    select r.oid from pg_roles r
    where (r.rolsuper or r.rolname like 'pg\_%' or r.rolname in ($1, $2)) and r.oid not in (select l.oid from login l)),
-- Who can become a role uses all that it inherits; who only inherits it cannot enter what it could enter. The ADMIN OPTION
-- lets its holder grant the role to himself, with whatever options.
reach(oid, become) as (
    select l.oid, true from login l
    union
    select e.roleid, (r.become and e.become) or e.admin
    from reach r
    join edge e on e.member = r.oid
    where ((r.become and e.become) or e.inherit or e.admin) and r.oid not in (select f.oid from refused f)),
-- The admin's policy asks for membership of whatever kind (pg_has_role, 'member').
member(oid) as (
    select l.oid from login l
    union
    select e.roleid from member m join edge e on e.member = m.oid where m.oid not in (select f.oid from refused f))
select r.oid, r.rolname::text,
       r.oid in (select l.oid from login l),
       r.oid in (select a.oid from reach a),
       r.oid in (select f.oid from refused f),
       r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolcanlogin,
       array(select g.rolname::text from edge e join pg_roles g on g.oid = e.member
             where e.roleid = r.oid and e.member in (select b.oid from member b) group by 1 order by 1),
       array(select g.rolname::text from edge e join pg_roles g on g.oid = e.member
             where e.roleid = r.oid and e.admin and e.member in (select b.oid from member b) group by 1 order by 1),
       coalesce((select pg_has_role(s.oid, 'usage') from pg_roles s where s.rolname = $3), false)
from member m
join pg_roles r on r.oid = m.oid
order by r.rolname
