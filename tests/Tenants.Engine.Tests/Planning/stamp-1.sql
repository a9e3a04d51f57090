-- What lies in the database. Run as the owner role, which owns all of it and nothing else.

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

-- Logins that are one tenant's for ever. The OID and the name must both fit: neither may be recycled.
create table {schema}.login (
    oid        oid primary key,
    name       name not null,
    tenant     text collate "C" not null references {schema}.tenant (id),
    created_at timestamptz not null default pg_catalog.now(),
    expires_at timestamptz
);

-- Keys that sign contexts, each for one login. Kept as the two padded halves of HMAC (RFC 2104), so that
-- checking costs two hashes and no arithmetic.
create table {schema}.key (
    id         text collate "C" primary key,
    login      oid not null,
    inner_pad  bytea not null,
    outer_pad  bytea not null,
    created_at timestamptz not null default pg_catalog.now(),
    expires_at timestamptz not null
);

create table {schema}.shared_table (
    oid       oid primary key,
    writable  boolean not null default false,
    created_at timestamptz not null default pg_catalog.now()
);

-- The tenant whose session this is; NULL where there is none, an error where the context is wrong.
-- A context reads v1.<key>.<backend pid>.<not after, seconds of the epoch>.<HMAC-SHA-256 in hex>; signed is all
-- before the last dot, then the login's name led by its length in bytes, then the tenant.
-- RESTRICTED, for a worker has another pid; STABLE, for the policies call it once per statement.
create function {schema}.current_tenant() returns text
    language plpgsql stable security definer parallel restricted
    set search_path = pg_catalog, pg_temp
as $function$
declare
    login_oid constant oid := pg_catalog.to_regrole(pg_catalog.quote_ident(session_user))::oid;
    context   text;
    part      text[];
    claimed   text;
    signing   record;
    signed    text;
    standing  text;
begin
    select l.tenant into claimed
    from {schema}.login l
    where l.oid = login_oid and l.name = session_user
      and (l.expires_at is null or l.expires_at > pg_catalog.transaction_timestamp());

    if claimed is null then
        context := pg_catalog.current_setting('tenants.context', true);
        if context is null or context = '' then
            return null;
        end if;

        claimed := coalesce(pg_catalog.current_setting('tenants.tenant', true), '');
        part := pg_catalog.string_to_array(context, '.');
        if pg_catalog.cardinality(part) is distinct from 5 or part[1] is distinct from 'v1'
            or part[4] !~ '^[0-9]{1,12}$' or part[5] !~ '^[0-9a-f]{64}$'
            or part[3] is distinct from pg_catalog.pg_backend_pid()::text
        then
            raise exception 'the tenant context is not valid in this session' using errcode = 'TN001';
        end if;

        select k.inner_pad, k.outer_pad into signing
        from {schema}.key k
        where k.id = part[2] and k.login = login_oid and k.expires_at > pg_catalog.transaction_timestamp();
        if not found then
            raise exception 'the tenant context is not valid in this session' using errcode = 'TN001';
        end if;

        signed := pg_catalog.concat_ws('.', part[1], part[2], part[3], part[4],
            pg_catalog.octet_length(pg_catalog.convert_to(session_user::text, 'UTF8'))::text, session_user::text, claimed);
        -- Hashed once more before they are compared, so that the time of the comparison tells nothing.
        if pg_catalog.sha256(pg_catalog.decode(part[5], 'hex')) is distinct from pg_catalog.sha256(
            pg_catalog.sha256(signing.outer_pad || pg_catalog.sha256(signing.inner_pad || pg_catalog.convert_to(signed, 'UTF8'))))
        then
            raise exception 'the tenant context is not valid in this session' using errcode = 'TN001';
        end if;

        -- The transaction's start, not the clock: work that runs longer than the context lives goes on.
        if part[4]::bigint < extract(epoch from pg_catalog.transaction_timestamp()) then
            raise exception 'the tenant context has expired' using errcode = 'TN004';
        end if;
    end if;

    select t.state into standing from {schema}.tenant t where t.id = claimed;
    if not found then
        raise exception 'there is no such tenant' using errcode = 'TN002';
    end if;
    if standing is distinct from 'active' then
        raise exception 'the tenant is closed' using errcode = 'TN003';
    end if;

    return claimed;
end
$function$;

-- Makes a key for a login and returns it: a value that is sent to the server could stand in its log.
create function {schema}.create_key(for_login name, valid_for interval,
    out id text, out secret bytea, out expires_at timestamptz, out server_time timestamptz)
    language plpgsql volatile security definer parallel unsafe
    set search_path = pg_catalog, pg_temp
as $function$
declare
    login_oid constant oid := pg_catalog.to_regrole(pg_catalog.quote_ident(for_login))::oid;
    inner_pad bytea := pg_catalog.decode(pg_catalog.repeat('36', 64), 'hex');
    outer_pad bytea := pg_catalog.decode(pg_catalog.repeat('5c', 64), 'hex');
begin
    if login_oid is null then
        raise exception 'there is no such login' using errcode = 'undefined_object';
    end if;

    delete from {schema}.key old
    where old.id in (
        select k.id from {schema}.key k
        where k.expires_at < pg_catalog.transaction_timestamp() for update skip locked);

    -- gen_random_uuid() draws 122 strong bits; three of them, hashed, make a key of full strength.
    secret := pg_catalog.sha256(pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
        || pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid()));
    id := pg_catalog.replace(pg_catalog.gen_random_uuid()::text, '-', '');
    expires_at := pg_catalog.transaction_timestamp() + valid_for;
    server_time := pg_catalog.clock_timestamp();
    for i in 0 .. 31 loop
        inner_pad := pg_catalog.set_byte(inner_pad, i, pg_catalog.get_byte(inner_pad, i) # pg_catalog.get_byte(secret, i));
        outer_pad := pg_catalog.set_byte(outer_pad, i, pg_catalog.get_byte(outer_pad, i) # pg_catalog.get_byte(secret, i));
    end loop;

    insert into {schema}.key (id, login, inner_pad, outer_pad, expires_at)
    values (create_key.id, login_oid, inner_pad, outer_pad, create_key.expires_at);
end
$function$;

-- The policies apply to whoever asks, so whoever asks must be able to call this one function.
grant usage on schema {schema} to public;
revoke all on function {schema}.current_tenant() from public;
grant execute on function {schema}.current_tenant() to public;
revoke all on function {schema}.create_key(name, interval) from public;
grant execute on function {schema}.create_key(name, interval) to {admin};
revoke all on {schema}.setting, {schema}.tenant, {schema}.login, {schema}.key, {schema}.shared_table from public;
-- What an admin does by hand or through the module; keys stay with the functions.
grant select, insert, update, delete on {schema}.tenant, {schema}.login, {schema}.shared_table to {admin};
-- No secret: what the module must know to work here.
grant select on {schema}.setting to public;
