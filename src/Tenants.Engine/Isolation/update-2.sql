-- From stamp 1 to 2: kinds of logins, whose they were, keys by login, rollouts. The functions come after it, by functions.sql.
alter table {schema}.login
    add column kind text collate "C" not null default 'bound' check (kind in ('bound', 'shared', 'app')),
    add column created_by name not null default session_user,
    add column adopted boolean not null default false,
    alter column tenant drop not null;
alter table {schema}.login alter column kind drop default, add check ((kind = 'bound') = (tenant is not null)), add check (kind = 'app' or not adopted);
create index login_tenant on {schema}.login (tenant);
create index key_login on {schema}.key (login);
grant select on {schema}.shared_table to public;

-- How far the rollout of a table in use has come; gone when it has ended. One row for the table itself, which says what the
-- column is and whose the rows without a tenant become, and whose OID and name must both fit, for either may be recycled; and one for each table, partition or child with rows of its own: by its file and the block in it.
create table {schema}.rollout (
    member     oid primary key,
    root       oid not null,
    root_schema name,
    root_name  name,
    "column"   name,
    tenant     text,
    expression text,
    file       oid,
    next_block bigint not null default 0,
    is_filled  boolean not null default false,
    rows       bigint not null default 0,
    started_at timestamptz not null default pg_catalog.now()
);
revoke all on {schema}.rollout from public;
grant select, insert, update, delete on {schema}.rollout to {admin};
