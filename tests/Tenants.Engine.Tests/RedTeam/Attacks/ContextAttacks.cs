using static Tenants.Engine.Tests.RedTeam.AttackList;
using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>Forging and replaying what says whose transaction it is.</summary>
internal static class ContextAttacks
{
    private const string Enter = "perform tenants.enter('globex', '{token}')";

    private const string Adopt = "perform set_config('tenants.tenant', 'globex', true), set_config('tenants.context', '{stolen}', true)";

    private const string Sign = """
        declare
            k record;
            head text;
            signed bytea;
            token text;
        begin
            select {key} into k;
            head := concat_ws('.', 'v2', k.id, pg_backend_pid(), extract(epoch from now())::bigint + 50);
            signed := convert_to(concat_ws('.', 'token', head, octet_length(session_user::text), session_user::text, 'globex'), 'UTF8');
            token := head || '.' || encode(sha256(k.o || sha256(k.i || signed)), 'hex');
            perform tenants.enter('globex', token);
            raise notice '%', (select string_agg(title, ',') from public.note);
        end
        """;

    // The context is made by whoever holds a key; these leave out what binds it to its transaction.
    private static readonly Control s_anyTransaction = new("the transaction in what a context signs")
    {
        Trusts = AttackTrust.Scoped | AttackTrust.Shared,
        Sql = "create or replace function tenants.context_message(tenant text) returns bytea language sql stable return pg_catalog.convert_to(session_user::text || '.' || tenant, 'UTF8')",
    };

    private static readonly Control s_anyTime = new("the transaction's start in what a context signs")
    {
        Trusts = AttackTrust.Scoped | AttackTrust.Shared,
        Sql = "create or replace function tenants.context_message(tenant text) returns bytea language sql stable return pg_catalog.int4send(pg_catalog.pg_backend_pid()) || pg_catalog.convert_to(session_user::text || '.' || tenant, 'UTF8')",
    };

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        new("set-tenant", AttackFamily.Context, "sets the plain setting to another tenant")
        {
            Steps = [Enemy(Reading("perform set_config('tenants.tenant', 'globex', true)"))],
            Refusals = ["TN001"],
            Controls = [NoSignatureAndContext],
        },
        new("set-tenant-without-context", AttackFamily.Context, "takes the context away and sets the plain setting to another tenant")
        {
            Steps = [Enemy(Reading("perform set_config('tenants.context', '', true), set_config('tenants.tenant', 'globex', true)"))],
            Controls = [NoSignature],
        },
        new("invent-context", AttackFamily.Context, "writes a context of its own")
        {
            Steps = [Enemy(Reading("perform set_config('tenants.tenant', 'globex', true), set_config('tenants.context', split_part(current_setting('tenants.context'), '.', 1) || '.' || repeat('0', 64), true)"))],
            Refusals = ["TN001"],
            Controls = [NoSignature],
        },
        new("bare-context", AttackFamily.Context, "gives a number, where a comparison that is not NULL-safe would pass it")
        {
            Steps = [Enemy(Reading("perform set_config('tenants.tenant', 'globex', true), set_config('tenants.context', '5', true)"))],
            Refusals = ["TN001"],
            Controls = [NoSignature],
        },
        new("set-local", AttackFamily.Context, "sets it by SET LOCAL")
        {
            Steps = [Enemy("set local tenants.tenant = 'globex'; select string_agg(title, ',') from public.note")],
            Refusals = ["TN001"],
            Controls = [NoSignature],
        },
        new("context-in-a-subtransaction", AttackFamily.Context, "has an inner block fail after it changed the settings, and goes on")
        {
            Steps = [Enemy(Reading("begin perform set_config('tenants.tenant', 'globex', true); perform 1 / 0; exception when division_by_zero then perform set_config('tenants.tenant', 'globex', true); end"))],
            Refusals = ["TN001"],
            Controls = [NoSignature],
        },
        new("context-of-another-backend", AttackFamily.Context, "replays the victim's context in another session")
        {
            Steps = [new(Actor.Steal, "select current_setting('tenants.context', true)"), Reconnect, Enemy(Reading(Adopt))],
            Refusals = ["TN001"],
            Controls = [s_anyTransaction, NoSignature],
        },
        new("context-of-the-same-backend", AttackFamily.Context, "replays the victim's context on the connection that the pool lent to it before")
        {
            Steps = [new(Actor.Steal, "select current_setting('tenants.context', true)"), Enemy(Reading(Adopt))],
            Refusals = ["TN001"],
            Controls = [s_anyTime, NoSignature],
        },
        new("context-without-clean-up", AttackFamily.Context, "replays the victim's context later in a session that keeps all settings")
        {
            Held = true,
            Steps = [new(Actor.Steal, "select set_config('my.context', current_setting('tenants.context', true), false)"), Enemy(Reading(Adopt))],
            Refusals = ["TN001"],
            Controls = [s_anyTime, NoSignature],
        },
        Token("token-of-another-backend", "replays a stolen token on another backend", TokenForm.OtherBackend, "the backend in what a token signs", "TN001"),
        Token("token-expired", "replays a stolen token a minute later", TokenForm.Expired, "the token's end", "TN004"),
        Token("token-prolonged", "moves a token's end on", TokenForm.Prolonged, "the end in what a token signs", "TN001"),
        Token("token-of-own-tenant", "uses its own tenant's token for another", TokenForm.OwnTenant, "the tenant in what a token signs", "TN001"),
        Token("token-of-another-login", "uses a token that was signed for another login", TokenForm.OtherLogin, "the login to which a key belongs", "TN001"),
        Token("token-cut", "cuts a token", TokenForm.Cut, "the signature's length", "TN001"),
        Token("token-extended", "extends a token", TokenForm.Extended, "the signature's length", "TN001"),
        Token("token-unsigned", "leaves out the signature", TokenForm.Unsigned, "the signature", "TN001"),
        Token("token-of-a-retired-key", "uses a token of a key that was retired", TokenForm.RetiredKey, "the key's end", "TN001"),
        new("token-null", AttackFamily.Context, "gives NULL for a token, and hopes that a comparison passes it")
        {
            Steps = [Enemy(Reading("perform tenants.enter('globex', null)"))],
            Controls =
            [
                new("the refusal of NULL")
                {
                    Sql = Believing + "; create or replace function tenants.enter(tenant text, token text) returns text language plpgsql as $f$ begin if token not like 'v2.%' then raise exception 'no' using errcode = 'TN001'; end if; perform set_config('tenants.tenant', tenant, true); return tenant; end $f$",
                },
            ],
        },
        new("enter-another-tenant-of-a-bound-login", AttackFamily.Context, "enters another tenant than the login's")
        {
            Trusts = AttackTrust.Bound,
            Steps = [Enemy(Reading("perform tenants.enter('globex')"))],
            Refusals = ["TN001"],
            Controls = [new("the look-up of the login") { Sql = Believing + "; create or replace function tenants.enter(tenant text) returns text language plpgsql as $f$ begin perform set_config('tenants.tenant', tenant, true); return tenant; end $f$" }],
        },
        new("read-keys", AttackFamily.Context, "reads the keys")
        {
            SuperuserSetup = "select tenants.create_key('{adminlogin}', null)",
            Steps = [Enemy("select encode(inner_pad, 'hex') from tenants.key")],
            Success = Breach.KeyShows,
            Refusals = ["42501"],
            Controls = [new("the owner's right to the keys") { Sql = "grant select on tenants.key to public" }],
        },
        new("sign-with-a-read-key", AttackFamily.Context, "reads a key and signs a token for another tenant in SQL")
        {
            Trusts = AttackTrust.Scoped | AttackTrust.Shared,
            Steps = [Enemy($"do $sign$ {Sign.Replace("{key}", "id, inner_pad as i, outer_pad as o from tenants.key k2 join pg_roles r on r.oid = k2.login where r.rolname = session_user order by created_at desc limit 1", StringComparison.Ordinal)} $sign$")],
            Refusals = ["42501"],
            Controls = [new("the owner's right to the keys") { Sql = "grant select on tenants.key to public" }],
        },
        new("make-a-key", AttackFamily.Context, "makes a key for its login and signs a token for another tenant in SQL")
        {
            // The second defence is off, so that the first is tried by itself; "key-as-the-owner" tries the second.
            SuperuserSetup = AnySession("create_key(name, interval)"),
            Steps =
            [
                Enemy($"do $sign$ {Sign.Replace("{key}", """
                    id, convert_from(secret, 'LATIN1') is null as x,
                    (select string_agg(set_byte('\x00'::bytea, 0, (case when n < 32 then get_byte(secret, n) else 0 end) # 54), ''::bytea order by n) from generate_series(0, 63) n) as i,
                    (select string_agg(set_byte('\x00'::bytea, 0, (case when n < 32 then get_byte(secret, n) else 0 end) # 92), ''::bytea order by n) from generate_series(0, 63) n) as o
                    from tenants.create_key(session_user, null)
                    """.Replace("convert_from(secret, 'LATIN1') is null as x,", "", StringComparison.Ordinal), StringComparison.Ordinal)} $sign$"),
            ],
            Refusals = ["42501"],
            Controls = [new("the admin's right to make keys") { Sql = "grant execute on function tenants.create_key(name, interval) to public" }],
        },
        new("retire-keys", AttackFamily.Context, "retires the keys of the victim's login")
        {
            SuperuserSetup = $"{AnySession("create_key(name, interval)")}; {AnySession("retire_keys(name, interval, text)")}; select tenants.create_key('{{adminlogin}}', null)",
            Steps = [Enemy("select tenants.retire_keys('{adminlogin}', '0', null)")],
            Success = Breach.Seen("a key of the admin's login has ended", "select not exists (select from tenants.key k join pg_roles r on r.oid = k.login where r.rolname = '{adminlogin}' and k.expires_at > now() + interval '10 years')"),
            Refusals = ["42501"],
            Controls = [new("the admin's right to retire keys") { Sql = "grant execute on function tenants.retire_keys(name, interval, text) to public" }],
        },
        new("bind-itself", AttackFamily.Context, "registers its login as another tenant's")
        {
            Steps =
            [
                Enemy(Reading("""
                    insert into tenants.login (oid, name, kind, tenant) select oid, rolname, 'bound', 'globex' from pg_roles where rolname = session_user
                    on conflict (oid) do update set kind = 'bound', tenant = 'globex';
                    perform set_config('tenants.context', '', true)
                    """)),
            ],
            Refusals = ["42501"],
            Controls = [new("the admin's right to register logins") { Sql = "grant select, insert, update on tenants.login to public" }],
        },
        new("replace-the-function", AttackFamily.Context, "replaces the function that the policies ask")
        {
            Steps = [Enemy(Reading("execute 'create or replace function tenants.current_tenant() returns text language sql stable as $$ select ''globex''::text $$'"))],
            Refusals = ["42501"],
            Controls =
            [
                new("the owner role") { Sql = "grant \"{owner}\" to {login}", Trusts = AttackTrust.Sealed },
                new("the owner role") { Sql = "grant \"{owner}\" to \"{session}\"", Undo = "revoke \"{owner}\" from \"{session}\"", Trusts = AttackTrust.Scoped },
            ],
        },
        new("key-in-a-plan", AttackFamily.Context, "has the server show the plans of enter(), and looks for the key in them")
        {
            Held = true,
            Trusts = AttackTrust.Scoped | AttackTrust.Shared,
            Steps =
            [
                Enemy("set debug_pretty_print = off; set debug_print_plan = on; set debug_print_parse = on; set debug_print_rewritten = on; set plan_cache_mode = force_custom_plan; set client_min_messages = log"),
                Enemy("select tenants.current_tenant()"),
                Enemy("set client_min_messages = debug5"),
                Enemy("select count(*) from public.note"),
            ],
            Success = Breach.KeyShows,
            Controls =
            [
                new("what keeps keys out of the plans")
                {
                    Sql = """
                        create or replace function tenants.enter(tenant text, token text) returns text language plpgsql volatile strict security definer set search_path = pg_catalog, pg_temp as $f$
                        declare
                            signing record;
                        begin
                            select k.id, k.inner_pad, k.outer_pad into signing from tenants.key k where k.id = pg_catalog.split_part(token, '.', 2);
                            perform pg_catalog.set_config('tenants.tenant', tenant, true), pg_catalog.set_config('tenants.context', signing.id || '.' || pg_catalog.encode(
                                tenants.sign(signing.inner_pad, signing.outer_pad, tenants.context_message(tenant)), 'hex'), true);
                            return tenant;
                        end
                        $f$
                        """,
                },
            ],
        },
        new("break-the-functions", AttackFamily.Context, "sets what changes how functions and comparisons work, and takes the context away")
        {
            Steps =
            [
                Enemy("""
                    set local plpgsql.extra_errors = 'all'; set local plpgsql.check_asserts = off; set local plpgsql.print_strict_params = on;
                    set local transform_null_equals = on; set local array_nulls = off; set local quote_all_identifiers = on; set local bytea_output = 'escape';
                    set local standard_conforming_strings = off; set local backslash_quote = on; set local extra_float_digits = -15; set local "TimeZone" = 'Pacific/Kiritimati';
                    set local "DateStyle" = 'German'; set local search_path = pg_temp, public; set local check_function_bodies = off; set local default_transaction_read_only = on;
                    set local enable_seqscan = off; set local plan_cache_mode = force_generic_plan; set local jit = on; set local xmloption = 'document';
                    select string_agg(title, ',') from public.note
                    """),
                Enemy("set local transform_null_equals = on; set local quote_all_identifiers = on; set local plpgsql.extra_errors = 'all'; " + Reading("perform set_config('tenants.tenant', 'globex', true)")),
            ],
            Refusals = ["TN001"],
            Controls = [NoSignature],
        },
        new("parallel-worker", AttackFamily.Context, "has a parallel worker, which is another process, ask for the tenant")
        {
            Steps =
            [
                Enemy("""
                    create function pg_temp.peek() returns text language plpgsql stable parallel safe as 'begin return (select string_agg(title, '','') from public.note); end';
                    select set_config('tenants.tenant', 'globex', true);
                    set local parallel_setup_cost = 0; set local parallel_tuple_cost = 0; set local min_parallel_table_scan_size = 0; set local parallel_leader_participation = off;
                    select pg_temp.peek() from public.plain_copy limit 5
                    """),
            ],
            Setup = "create table public.plain_copy as select n from generate_series(1, 2000) n; grant select on public.plain_copy to \"{session}\"",
            Refusals = ["TN001"],
            Controls = [NoSignature],
        },
    ];

    // Takes the look at the session out of a function that only an admin's may call.
    private static string AnySession(string function) =>
        $"do $c$ begin execute regexp_replace(pg_get_functiondef('tenants.{function}'::regprocedure), 'pg_catalog\\.pg_has_role\\(session_user.*''member''\\)', 'true'); end $c$";

    // Where the plain setting is believed, one that says nothing of a context.
    private static Control NoSignatureAndContext => NoSignature;

    private static Attack Token(string id, string tries, TokenForm form, string defence, string refusal) => new(id, AttackFamily.Context, tries)
    {
        Token = form,
        Steps = [Enemy(Reading(Enter))],
        Refusals = [refusal],
        Controls = [new(defence) { Token = TokenForm.Right }],
    };
}
