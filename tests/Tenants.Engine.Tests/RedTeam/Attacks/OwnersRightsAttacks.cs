using static Tenants.Engine.Tests.RedTeam.AttackList;
using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>What runs with the owner's rights, or needs them.</summary>
internal static class OwnersRightsAttacks
{
    private const string OwnersView = "create view public.titles as select title from public.note; grant select on public.titles to public";

    private const string OwnersFunction = "create function public.titles() returns setof text language sql stable security definer set search_path = pg_catalog, pg_temp as 'select title from public.note'";

    private const string Spliced = """
        create function pg_temp.lift() returns text language plpgsql as $f$ begin execute 'alter table public.account disable row level security'; return (select string_agg(name, ',') from public.account); end $f$;
        select public.find('x'' union all select pg_temp.lift() --')
        """;

    private const string Clear = "select set_config('tenants.context', '', true); ";

    private static readonly Control s_barePolicy = new("what the admin's policy asks of the session") { Sql = "alter policy tenants_admin on public.note using (true)" };

    private static readonly Control s_noForce = new("FORCE ROW LEVEL SECURITY") { Sql = "alter table public.note no force row level security" };

    private static readonly Control s_ownership = new("that the table is not the tenants'") { Sql = "alter table public.note owner to \"{session}\"" };

    private static readonly Listing s_scopedOwner = new(
        AttackTrust.Scoped, "the session is the admin's: without a context, what runs with the owner's rights shows all rows", "whoever connects: -Trust Sealed");

    private static readonly Breach s_victimLosesRows = Breach.Seen("the victim's rows are gone", "select not exists (select from public.note where tenant = 'globex')");

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        new("owners-view", AttackFamily.OwnersRights, "reads through a view of the owner")
        {
            Setup = OwnersView,
            Steps = [Enemy("select title from public.titles")],
            Controls = [s_barePolicy],
        },
        new("owners-view-without-context", AttackFamily.OwnersRights, "takes the context away, and reads through a view of the owner")
        {
            Setup = OwnersView,
            Steps = [Enemy(Clear + "select title from public.titles")],
            Listed = [s_scopedOwner],
            Controls = [s_barePolicy],
        },
        new("owners-function", AttackFamily.OwnersRights, "reads through a SECURITY DEFINER function of the owner")
        {
            Setup = OwnersFunction,
            Steps = [Enemy("select public.titles()")],
            Controls = [s_barePolicy],
        },
        new("owners-function-without-context", AttackFamily.OwnersRights, "takes the context away, and reads through a SECURITY DEFINER function of the owner")
        {
            Setup = OwnersFunction,
            Steps = [Enemy(Clear + "select public.titles()")],
            Listed = [s_scopedOwner],
            Controls = [s_barePolicy],
        },
        new("quoted-argument", AttackFamily.OwnersRights, "injects SQL into an owner's function that quotes its argument")
        {
            Setup = "create function public.find(what text) returns setof text language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $f$ begin return query execute format('select title from public.note where title = %L', what); end $f$",
            Steps = [Enemy(Spliced)],
            Controls = [new("the quoting") { Sql = "create or replace function public.find(what text) returns setof text language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $f$ begin return query execute 'select title from public.note where title = ''' || what || ''''; end $f$" }],
        },
        new("spliced-argument", AttackFamily.OwnersRights, "injects SQL into an owner's function that splices its argument, and lifts row security with the owner's rights")
        {
            Setup = "create function public.find(what text) returns setof text language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $f$ begin return query execute 'select title from public.note where title = ''' || what || ''''; end $f$",
            Steps = [Enemy(Spliced)],
            Listed = [new(AttackTrust.All, "such a function lends all that its owner may to whoever calls it", "the function's owner: format('%L'), a role of little rights as its owner, or EXECUTE revoked")],
        },
        new("unpinned-function", AttackFamily.OwnersRights, "shadows a table of an owner's function that has no path of its own, and runs as the owner")
        {
            Setup = "create table public.seen (what text); create function public.see() returns void language plpgsql security definer as 'begin insert into seen values (''x''); end'",
            Steps =
            [
                Enemy("""
                    create temp table seen (what text);
                    grant all on seen to public;
                    create function pg_temp.spy() returns trigger language plpgsql as $f$
                    begin
                        execute 'alter table public.note disable row level security';
                        raise notice '%', (select string_agg(title, ',') from public.note);
                        return new;
                    end $f$;
                    create trigger spy before insert on seen for each row execute function pg_temp.spy();
                    select public.see()
                    """),
            ],
            IsLookedFor = true,
            Listed = [new(AttackTrust.Scoped, "a SECURITY DEFINER function without SET search_path looks into the caller's temporary schema first", "the function's owner: alter function … set search_path = pg_catalog, pg_temp; Get-TenantRls names such functions")],
        },
        new("superusers-view", AttackFamily.OwnersRights, "reads through a superuser's view")
        {
            SuperuserSetup = OwnersView,
            Steps = [Enemy("select title from public.titles")],
            IsLookedFor = true,
            Listed = [new(AttackTrust.Scoped, "no policy binds a superuser", "the superuser: security_invoker (15 and later), or another owner; Get-TenantRls names such views")],
        },
        new("rule", AttackFamily.OwnersRights, "deletes through a rule of the owner")
        {
            Setup = "create rule clear as on delete to public.outbox do also delete from public.note",
            Steps = [Enemy("delete from public.outbox")],
            Success = s_victimLosesRows,
            Controls = [s_noForce],
        },
        new("trigger", AttackFamily.OwnersRights, "deletes through a SECURITY DEFINER trigger of the owner")
        {
            Setup = "create function public.clear() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as 'begin delete from public.note; return new; end'; create trigger clear after insert on public.outbox for each row execute function public.clear()",
            Steps = [Enemy("insert into public.outbox values (2)")],
            Success = s_victimLosesRows,
            Controls = [s_noForce],
        },
        new("materialized-view", AttackFamily.OwnersRights, "reads a materialized view, which no policy filters")
        {
            Setup = "create materialized view public.note_copy as select title from public.note",
            Steps = [Enemy("select title from public.note_copy")],
            Refusals = ["42501"],
            Controls = [new("that tenants have no right on it") { Sql = "grant select on public.note_copy to \"{session}\"" }],
        },
        new("refresh-materialized-view", AttackFamily.OwnersRights, "empties a materialized view")
        {
            Setup = "create materialized view public.note_copy as select title from public.note",
            Steps = [Enemy("refresh materialized view public.note_copy with no data")],
            Success = Breach.Seen("it is empty", "select not relispopulated from pg_class where oid = 'public.note_copy'::regclass"),
            Refusals = ["42501"],
            Controls = [new("that it is not the tenants'") { Sql = "alter materialized view public.note_copy owner to \"{session}\"" }],
        },
        new("table-without-policy", AttackFamily.OwnersRights, "reads a table that nobody enabled")
        {
            Steps = [Enemy("select title from public.plain")],
            Refusals = ["42501"],
            Controls = [new("that tenants have no right on it") { Sql = "grant select on public.plain to \"{session}\"" }],
        },
        Given("table-given-away", "reads a table that nobody enabled and everybody may read", "grant select on public.plain to public", "select title from public.plain"),
        Given("materialized-view-given-away", "reads a materialized view that everybody may read", "create materialized view public.note_copy as select title from public.note; grant select on public.note_copy to public", "select title from public.note_copy"),
        Given("partition-given-away", "reads a partition without a policy that everybody may read", "grant select on public.event_late to public", "select what from public.event_late"),
        Given("policy-given-away", "reads a table on which somebody put a policy that lets all pass", "create policy everything on public.note for select using (true)", "select string_agg(title, ',') from public.note"),
        Given("row-security-lifted", "reads a table whose row security somebody disabled", "alter table public.note disable row level security", "select string_agg(title, ',') from public.note"),
        new("leaky-function", AttackFamily.OwnersRights, "has a cheap function of its own see rows before the policy does")
        {
            Setup = "create function public.leak(what text) returns boolean language plpgsql immutable cost 0.0000001 as $f$ begin raise notice '%', what; return true; end $f$",
            Steps = [Enemy("set local enable_indexscan = off; set local enable_bitmapscan = off; select count(*) from public.note where public.leak(title)")],
            Controls = [new("that only a superuser may call a function leakproof") { Sql = "alter function public.leak(text) leakproof" }],
        },
        new("leaky-error", AttackFamily.OwnersRights, "has a failing cast tell what a hidden row holds")
        {
            Steps = [Enemy("set local enable_indexscan = off; set local enable_bitmapscan = off; do $$ begin perform count(*) from public.note where title::int > 0; exception when others then raise notice '%', sqlerrm; end $$")],
            Controls = [NoRowSecurity with { Sql = "alter table public.note disable row level security; delete from public.note where tenant = 'acme'" }],
        },
        new("leaky-function-in-a-view", AttackFamily.OwnersRights, "has a cheap function of its own see rows before the condition of a hand-made view does")
        {
            Setup = """
                create view public.own_titles with (security_barrier) as select title from public.plain where tenant = (select tenants.current_tenant());
                grant select on public.own_titles to "{session}"
                """,
            Steps = [Enemy("create function pg_temp.leak(what text) returns boolean language plpgsql cost 0.0000001 as $f$ begin raise notice '%', what; return true; end $f$; select count(*) from public.own_titles where pg_temp.leak(title)")],
            Controls = [new("the view's security_barrier") { Sql = "alter view public.own_titles reset (security_barrier)" }],
        },
        new("create-policy", AttackFamily.OwnersRights, "adds a policy that lets all pass")
        {
            Steps = [Enemy("create policy mine on public.note using (true); select string_agg(title, ',') from public.note")],
            Refusals = ["42501"],
            Controls = [s_ownership],
        },
        new("disable-row-security", AttackFamily.OwnersRights, "disables row security")
        {
            Steps = [Enemy("alter table public.note disable row level security; select string_agg(title, ',') from public.note")],
            Refusals = ["42501"],
            Controls = [s_ownership],
        },
        new("create-trigger", AttackFamily.OwnersRights, "puts a trigger on a table of all tenants")
        {
            Setup = "create function public.shout() returns trigger language plpgsql as 'begin return new; end'",
            Steps = [Enemy("create trigger spy before insert on public.note for each row execute function public.shout()")],
            Success = Breach.Seen("the trigger is there", "select exists (select from pg_trigger where tgname = 'spy')"),
            Refusals = ["42501"],
            Controls = [new("that tenants have no TRIGGER right") { Sql = "grant trigger on public.note to \"{session}\"" }],
        },
        new("create-rule", AttackFamily.OwnersRights, "puts a rule on a table of all tenants")
        {
            Steps = [Enemy("create rule spy as on insert to public.note do also notify spy")],
            Success = Breach.Seen("the rule is there", "select exists (select from pg_rewrite where rulename = 'spy')"),
            Refusals = ["42501"],
            Controls = [s_ownership],
        },
        new("schema-given-away", AttackFamily.OwnersRights, "makes a function that the victim calls, where everybody may make things")
        {
            IsLookedFor = true,
            SuperuserSetup = "grant create on schema public to public",
            Steps = [Enemy("create function public.lower(varchar) returns text language sql as 'select ''trojan''::text'"), Victim("select lower(code) from public.coupon")],
            Success = Breach.VictimGets("trojan"),
            Listed = [new(AttackTrust.Scoped, "what anybody makes in a schema of the path may fit the victim's call better", "a DBA: revoke create on schema public from public, as it is since 15")],
        },
        new("temporary-view", AttackFamily.OwnersRights, "reads through a view of its own")
        {
            Steps = [Enemy("create temp view mine as select title from public.note; select string_agg(title, ',') from mine")],
            Controls = [NoRowSecurity],
        },
    ];

    private static Attack Given(string id, string tries, string setup, string sql) => new(id, AttackFamily.OwnersRights, tries)
    {
        IsLookedFor = true,
        Setup = setup,
        Steps = [Enemy(sql)],
        Listed = [new(AttackTrust.Scoped, "Scoped takes the database as it is; Sealed refuses to connect to it", "the table's owner; Get-TenantRls names it")],
    };
}
