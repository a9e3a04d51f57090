-- The functions in the database, owned by the owner role. Those that look names up state their path, and all name everything with its schema.
-- Those that touch keys switch off what prints plans: anybody may ask for that, and a plan can hold the values of variables.
--
-- Two things are signed, both by HMAC-SHA-256 (RFC 2104) with a key of the login, each led by a word of its own so that
-- one is never taken for the other:
--   the token    by the client, before the transaction; it lets one transaction be one tenant's. It travels as a parameter,
--                and never stands in a setting, where the tenant's SQL could read it.
--   the context  by enter(), for what the token let in: this transaction, told by its backend and its start to the
--                microsecond. The tenant's SQL can read it, and it is worth nothing anywhere else, a moment later included.

-- HMAC of a message under a key that is kept as its padded halves. Bound to its parts when it is made, so it needs no path,
-- and the planner can put its body in place of a call.
create or replace function {schema}.sign(inner_pad bytea, outer_pad bytea, message bytea) returns bytea
    language sql immutable parallel safe
    return pg_catalog.sha256(outer_pad operator(pg_catalog.||) pg_catalog.sha256(inner_pad operator(pg_catalog.||) message));

-- What a context signs: a word, the backend, the transaction's start, the login led by its length, the tenant.
create or replace function {schema}.context_message(tenant text) returns bytea
    language sql stable parallel restricted
    return pg_catalog.convert_to('context', 'UTF8') operator(pg_catalog.||) pg_catalog.int4send(pg_catalog.pg_backend_pid())
        operator(pg_catalog.||) pg_catalog.timestamptz_send(pg_catalog.transaction_timestamp())
        operator(pg_catalog.||) pg_catalog.int4send(pg_catalog.octet_length(pg_catalog.convert_to(session_user::text, 'UTF8')))
        operator(pg_catalog.||) pg_catalog.convert_to(session_user::text, 'UTF8')
        operator(pg_catalog.||) pg_catalog.convert_to(tenant, 'UTF8');

-- Makes this transaction a tenant's, on the word of a token
--   v2.<key>.<backend pid, or - behind a pooler>.<not after, seconds of the epoch>.<HMAC in hex>
-- over "token.", all before its last dot, a dot, the login's name led by its length in bytes, and the tenant.
create or replace function {schema}.enter(tenant text, token text) returns text
    language plpgsql volatile strict security definer parallel unsafe
    set search_path = pg_catalog, pg_temp
    set debug_print_parse = off set debug_print_rewritten = off set debug_print_plan = off
as $function$
declare
    part     constant text[] := pg_catalog.string_to_array(token, '.');
    signing  record;
    standing text;
    context  text;
begin
    if pg_catalog.cardinality(part) is distinct from 5 or part[1] is distinct from 'v2'
        or part[3] not in ('-', pg_catalog.pg_backend_pid()::text)
        or part[4] !~ '^[0-9]{1,12}$' or part[5] !~ '^[0-9a-f]{64}$'
    then
        raise exception 'the tenant''s token is not valid in this session' using errcode = 'TN001';
    end if;

    select k.id, k.inner_pad, k.outer_pad into signing
    from {schema}.key k
    where k.id = part[2] and k.login = pg_catalog.to_regrole(pg_catalog.quote_ident(session_user))::oid
      and k.expires_at > pg_catalog.transaction_timestamp();
    -- Hashed once more before they are compared, so that the time of the comparison tells nothing.
    if not found or pg_catalog.sha256(pg_catalog.decode(part[5], 'hex')) is distinct from pg_catalog.sha256(
        {schema}.sign(signing.inner_pad, signing.outer_pad, pg_catalog.convert_to(pg_catalog.concat_ws('.',
            'token', part[1], part[2], part[3], part[4],
            pg_catalog.octet_length(pg_catalog.convert_to(session_user::text, 'UTF8'))::text, session_user::text, tenant), 'UTF8')))
    then
        raise exception 'the tenant''s token is not valid in this session' using errcode = 'TN001';
    end if;

    if part[4]::bigint < extract(epoch from pg_catalog.transaction_timestamp()) then
        raise exception 'the tenant''s token has expired' using errcode = 'TN004';
    end if;

    select t.state into standing from {schema}.tenant t where t.id = enter.tenant;
    if not found then
        raise exception 'there is no such tenant' using errcode = 'TN002';
    end if;
    if standing is distinct from 'active' then
        raise exception 'the tenant is closed' using errcode = 'TN003';
    end if;

    -- Not within PERFORM: a query is planned with the values of its variables, and the key would stand in the plan.
    context := signing.id || '.' || pg_catalog.encode(
        {schema}.sign(signing.inner_pad, signing.outer_pad, {schema}.context_message(tenant)), 'hex');
    perform pg_catalog.set_config('tenants.tenant', tenant, true), pg_catalog.set_config('tenants.context', context, true);
    return tenant;
end
$function$;

-- Makes sure that this transaction is the tenant's to whom the login is bound, and says so to the default of the tenant columns.
create or replace function {schema}.enter(tenant text) returns text
    language plpgsql volatile strict security definer parallel unsafe
    set search_path = pg_catalog, pg_temp
    set debug_print_parse = off set debug_print_rewritten = off set debug_print_plan = off
as $function$
begin
    perform pg_catalog.set_config('tenants.context', '', true);
    if {schema}.current_tenant() is distinct from tenant then
        raise exception 'the login is not this tenant''s' using errcode = 'TN001';
    end if;
    perform pg_catalog.set_config('tenants.tenant', tenant, true);
    return tenant;
end
$function$;

-- The tenant whose transaction this is; NULL where there is none, an error where the context is wrong.
-- RESTRICTED, for a worker has another pid; STABLE, for the policies call it once per statement.
create or replace function {schema}.current_tenant() returns text
    language plpgsql stable security definer parallel restricted
    set search_path = pg_catalog, pg_temp
    set debug_print_parse = off set debug_print_rewritten = off set debug_print_plan = off
as $function$
declare
    login_oid constant oid := pg_catalog.to_regrole(pg_catalog.quote_ident(session_user))::oid;
    context   constant text := pg_catalog.current_setting('tenants.context', true);
    claimed   text;
    signing   record;
begin
    if context is null or context = '' then
        select l.tenant, t.state into signing
        from {schema}.login l join {schema}.tenant t on t.id = l.tenant
        where l.oid = login_oid and l.name = session_user
          and (l.expires_at is null or l.expires_at > pg_catalog.transaction_timestamp());
        if not found then
            return null;
        end if;
        if signing.state is distinct from 'active' then
            raise exception 'the tenant is closed' using errcode = 'TN003';
        end if;

        return signing.tenant;
    end if;

    claimed := coalesce(pg_catalog.current_setting('tenants.tenant', true), '');
    select k.id, k.inner_pad, k.outer_pad into signing
    from {schema}.key k
    where k.id = pg_catalog.split_part(context, '.', 1) and k.login = login_oid
      and k.expires_at > pg_catalog.transaction_timestamp();
    if not found or pg_catalog.sha256(pg_catalog.convert_to(context, 'UTF8')) is distinct from pg_catalog.sha256(pg_catalog.convert_to(
        signing.id || '.' || pg_catalog.encode(
            {schema}.sign(signing.inner_pad, signing.outer_pad, {schema}.context_message(claimed)), 'hex'), 'UTF8'))
    then
        raise exception 'the tenant context is not valid in this transaction' using errcode = 'TN001';
    end if;

    return claimed;
end
$function$;

-- Makes a key for a login and returns it: a value that is sent to the server could stand in its log. Without an interval
-- it holds until it is retired.
create or replace function {schema}.create_key(for_login name, valid_for interval,
    out id text, out secret bytea, out expires_at timestamptz, out server_time timestamptz)
    language plpgsql volatile security definer parallel unsafe
    set search_path = pg_catalog, pg_temp
    set debug_print_parse = off set debug_print_rewritten = off set debug_print_plan = off
as $function$
declare
    login_oid constant oid := pg_catalog.to_regrole(pg_catalog.quote_ident(for_login))::oid;
    inner_pad bytea := pg_catalog.decode(pg_catalog.repeat('36', 64), 'hex');
    outer_pad bytea := pg_catalog.decode(pg_catalog.repeat('5c', 64), 'hex');
begin
    -- By the session, not by the right to call it: a tenant's SQL that came to run as an admin has no business here.
    -- Which role that is stands in the settings: the same body serves every database. Where they say nothing, nobody is one.
    if not coalesce(pg_catalog.pg_has_role(session_user, (select s.value from {schema}.setting s where s.name = 'admin_role')::name, 'member'), false) then
        raise exception 'keys are made by an admin of the tenants' using errcode = 'insufficient_privilege';
    end if;

    if login_oid is null then
        raise exception 'there is no such login' using errcode = 'undefined_object';
    end if;

    -- With what expired goes what belongs to logins that are gone: an OID can come again.
    delete from {schema}.key old
    where old.id in (
        select k.id from {schema}.key k
        where k.expires_at < pg_catalog.transaction_timestamp()
           or not exists (select from pg_catalog.pg_roles r where r.oid = k.login)
        for update skip locked);

    -- gen_random_uuid() draws 122 strong bits; three of them, hashed, make a key of full strength.
    secret := pg_catalog.sha256(pg_catalog.uuid_send(pg_catalog.gen_random_uuid())
        || pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid()));
    id := pg_catalog.replace(pg_catalog.gen_random_uuid()::text, '-', '');
    expires_at := coalesce(pg_catalog.transaction_timestamp() + valid_for, 'infinity');
    server_time := pg_catalog.clock_timestamp();
    for i in 0 .. 31 loop
        inner_pad := pg_catalog.set_byte(inner_pad, i, pg_catalog.get_byte(inner_pad, i) # pg_catalog.get_byte(secret, i));
        outer_pad := pg_catalog.set_byte(outer_pad, i, pg_catalog.get_byte(outer_pad, i) # pg_catalog.get_byte(secret, i));
    end loop;

    insert into {schema}.key (id, login, inner_pad, outer_pad, expires_at)
    values (create_key.id, login_oid, inner_pad, outer_pad, create_key.expires_at);
end
$function$;

-- Lets the keys of a login but one go on for a while, then no more. Returns how many that concerns.
create or replace function {schema}.retire_keys(for_login name, grace interval, except_key text) returns bigint
    language sql volatile security definer parallel unsafe
    set search_path = pg_catalog, pg_temp
    set debug_print_parse = off set debug_print_rewritten = off set debug_print_plan = off
as $function$
    with retired as (
        update {schema}.key k
        set expires_at = least(k.expires_at, pg_catalog.transaction_timestamp() + grace)
        where pg_catalog.pg_has_role(session_user, (select s.value from {schema}.setting s where s.name = 'admin_role')::name, 'member')
          and k.login = pg_catalog.to_regrole(pg_catalog.quote_ident(for_login))::oid
          and k.id is distinct from except_key and k.expires_at > pg_catalog.transaction_timestamp()
        returning k.id)
    select pg_catalog.count(*) from retired
$function$;

revoke all on function {schema}.sign(bytea, bytea, bytea), {schema}.context_message(text), {schema}.enter(text, text), {schema}.enter(text),
    {schema}.current_tenant(), {schema}.create_key(name, interval), {schema}.retire_keys(name, interval, text) from public;
-- Whoever asks a tenant table asks for the tenant; whoever has a token may use it.
grant execute on function {schema}.current_tenant(), {schema}.enter(text, text), {schema}.enter(text) to public;
grant execute on function {schema}.create_key(name, interval), {schema}.retire_keys(name, interval, text) to {admin};
