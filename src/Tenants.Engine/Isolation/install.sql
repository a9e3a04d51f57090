-- The tables in the database. Run as the owner role, which owns all of it and nothing else; functions.sql comes after it.

-- One row per fact. The module of a later version reads "version" first.
create table {schema}.setting (
    name  text collate "C" primary key,
    value text not null
);

create table {schema}.tenant (
    id         text collate "C" primary key check (pg_catalog.char_length(id) between 1 and 255),
    name       text,
    state      text collate "C" not null default 'active' check (state in ('active', 'closed')),
    created_at timestamptz not null default pg_catalog.now()
);

-- Logins that tenants' SQL runs as, beside the admins' own. The OID and the name must both fit: neither may be recycled.
--   bound   one tenant's for ever: it needs no context, and no context makes it another's
--   shared  made by a sealed connection for itself; each transaction says by a signed token whose it is
--   app     the same, made once by an admin for a service; or adopted: somebody else's login, that was there before
create table {schema}.login (
    oid        oid primary key,
    name       name not null,
    kind       text collate "C" not null check (kind in ('bound', 'shared', 'app')),
    tenant     text collate "C" references {schema}.tenant (id),
    created_by name not null default session_user,
    created_at timestamptz not null default pg_catalog.now(),
    expires_at timestamptz,
    adopted    boolean not null default false check (kind = 'app' or not adopted),
    check ((kind = 'bound') = (tenant is not null))
);
create index login_tenant on {schema}.login (tenant);

-- Keys that sign tokens, each for one login. Kept as the two padded halves of HMAC (RFC 2104), so that
-- checking costs two hashes and no arithmetic.
create table {schema}.key (
    id         text collate "C" primary key,
    login      oid not null,
    inner_pad  bytea not null,
    outer_pad  bytea not null,
    created_at timestamptz not null default pg_catalog.now(),
    expires_at timestamptz not null
);
create index key_login on {schema}.key (login);

create table {schema}.shared_table (
    oid       oid primary key,
    writable  boolean not null default false,
    created_at timestamptz not null default pg_catalog.now()
);

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

revoke all on {schema}.setting, {schema}.tenant, {schema}.login, {schema}.key, {schema}.shared_table, {schema}.rollout from public;
-- What an admin does by hand or through the module; keys stay with the functions.
grant select, insert, update, delete on {schema}.tenant, {schema}.login, {schema}.shared_table, {schema}.rollout to {admin};
-- No secret: what the module must know to work here.
grant select on {schema}.setting, {schema}.shared_table to public;
-- The policies apply to whoever asks, so whoever asks must reach the functions.
grant usage on schema {schema} to public;
