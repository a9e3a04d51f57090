-- Rights on the server's parameters, which came with 15: superusers' parameters that the login may set.
-- $1 holds the roles, 0 for PUBLIC. Columns as in trust-relations.sql.
select case when a.privilege_type = 'ALTER SYSTEM' then 'AlterSystem' else 'ParameterRight' end,
       format('%s (of %s)', p.parname, coalesce(g.rolname, 'PUBLIC')),
       format('revoke %s on parameter %s from %s', lower(a.privilege_type),
              (select string_agg(quote_ident(part), '.' order by n) from unnest(string_to_array(p.parname, '.')) with ordinality x(part, n)),
              coalesce(quote_ident(g.rolname), 'public')),
       a.grantee
from pg_parameter_acl p
cross join lateral aclexplode(p.paracl) a
left join pg_roles g on g.oid = a.grantee
where a.grantee = any ($1)
order by 1, 2
