-- The policies of some tables ($1), PUBLIC written as an empty name: no role has that.
select p.polrelid, p.polname::text, p.polpermissive, p.polcmd,
       array(select coalesce(r.rolname::text, '')
             from pg_catalog.unnest(p.polroles) o left join pg_catalog.pg_roles r on r.oid = o order by 1),
       pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
from pg_catalog.pg_policy p
where p.polrelid = any ($1)
order by p.polname
