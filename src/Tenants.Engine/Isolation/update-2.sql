-- From stamp 1 to 2: kinds of logins, whose they were, keys by login. The functions come after it, by functions.sql.
alter table {schema}.login
    add column kind text collate "C" not null default 'bound' check (kind in ('bound', 'shared', 'app')),
    add column created_by name not null default session_user,
    add column adopted boolean not null default false,
    alter column tenant drop not null;
alter table {schema}.login alter column kind drop default, add check ((kind = 'bound') = (tenant is not null)), add check (kind = 'app' or not adopted);
create index login_tenant on {schema}.login (tenant);
create index key_login on {schema}.key (login);
grant select on {schema}.shared_table to public;
