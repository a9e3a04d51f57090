using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>What one tenant leaves behind in a connection for the next.</summary>
internal static class HygieneAttacks
{
    private static readonly IReadOnlyList<Control> s_uncleaned =
    [
        new("the clean-up between two tenants") { Bare = true, Trusts = AttackTrust.Scoped | AttackTrust.Shared },
        new("the connection of one's own") { Bare = true, As = AttackTrust.Shared, Trusts = AttackTrust.Bound },
    ];

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        Leaves("temp-table", "leaves a temporary table of the name that the victim reads", "create temp table note (title text)", "select title from note"),
        Leaves("temp-view", "leaves a temporary view of the name that the victim reads", "create temp view note as select 'fooled'::text as title", "select title from note"),
        new("temp-trigger", AttackFamily.Hygiene, "leaves a temporary table that catches what the victim writes")
        {
            Steps = [Enemy("create temp table note (tenant text, title text)"), Victim("insert into note (tenant, title) values ('globex', '{canary}')"), Enemy("select title from pg_temp.note")],
            Refusals = ["42P01", "3F000"],
            Controls = s_uncleaned,
        },
        Leaves("prepared-statement", "leaves a prepared statement of the name that the victim runs", "prepare report as select 'fooled'", "do $$ begin if exists (select from pg_prepared_statements where name = 'report') then raise exception 'fooled'; end if; end $$; select title from public.note"),
        new("prepared-auto", AttackFamily.Hygiene, "leaves prepared statements of the names that a driver gives to its own")
        {
            Steps = [Enemy("prepare _p1 as select 'fooled'; prepare _auto0 as select 'fooled'"), Victim("select string_agg(name, ',') || ' are there' from pg_prepared_statements where name in ('_p1', '_auto0')")],
            Success = Breach.VictimGets("are there"),
            Controls = s_uncleaned,
        },
        Leaves("search-path", "leaves a search path", "set search_path = nowhere", "select title from note"),
        Leaves("read-only-session", "leaves the session read-only", "set default_transaction_read_only = on", "update public.note set kind = kind where title = '{canary}' returning title"),
        Leaves("short-limit", "leaves a limit of a millisecond", "set statement_timeout = 1", "select title from public.note, pg_sleep(0.1)"),
        Leaves("bad-context", "leaves a context that is not valid", "set tenants.context = 'left behind'", "select title from public.note where current_setting('tenants.context', true) is distinct from 'left behind' and current_setting('my.mark', true) is null") with
        {
            Steps = [Enemy("select set_config('tenants.context', 'left behind', false), set_config('my.mark', 'left', false)"), Victim("select title from public.note where coalesce(current_setting('my.mark', true), '') = ''")],
        },
        Leaves("role", "leaves a role", "do $$ begin execute 'set session role \"{session}\"'; exception when insufficient_privilege then perform set_config('my.mark', 'left', false); end $$; select set_config('my.mark', 'left', false)", "select title from public.note where coalesce(current_setting('my.mark', true), '') = '' and current_setting('role') in ('none', '{session}')"),
        new("seed", AttackFamily.Hygiene, "leaves a seed, so that it knows what the victim draws by random()")
        {
            Steps = [Enemy("select setseed(0.25)"), Victim("select 'drawn ' || (abs(r - 0.19726358498438978) < 1e-9 or abs(r - 0.6249104186659835) < 1e-9) from (select random() as r) s")],
            Success = Breach.VictimGets("drawn true"),
            Controls = s_uncleaned,
        },
        new("session-lock", AttackFamily.Hygiene, "leaves an advisory lock that lasts as long as the session")
        {
            Steps = [Enemy("select pg_advisory_lock(77)")],
            Success = Breach.Seen("the lock is held", "select exists (select from pg_locks where locktype = 'advisory' and objid = 77)"),
            Trusts = AttackTrust.Scoped | AttackTrust.Shared,
            Controls = s_uncleaned,
        },
        new("listen", AttackFamily.Hygiene, "leaves the connection listening")
        {
            Steps = [Enemy("listen spy"), Victim("select pg_listening_channels()")],
            Success = Breach.VictimGets("spy"),
            Controls = s_uncleaned,
        },
        new("sequence-values", AttackFamily.Hygiene, "asks for the number that the victim's last row got")
        {
            Steps = [Victim("insert into public.project (tenant, name) values ('globex', 'secret')"), Enemy("select 'number ' || lastval()")],
            Success = Breach.EnemyGets("number "),
            Refusals = ["55000"],
            Controls = s_uncleaned,
        },
        Finds("victims-cursor", "fetches from a cursor that the victim left open", "declare c cursor with hold for select title from public.note", "fetch all from c", "34000"),
        Finds("victims-temp-table", "reads a temporary table that the victim left", "create temp table loot as select title from public.note", "select string_agg(title, ',') from loot", "42P01"),
        Finds("victims-setting", "reads a setting that the victim left", "select set_config('my.secret', '{canary}', false)", "select current_setting('my.secret')", "42704"),
        Finds("victims-prepared-text", "reads the text of the victim's prepared statement", "prepare q as select '{canary}'", "select statement from pg_prepared_statements"),
        Finds("victims-cursor-text", "reads the text of the victim's cursor", "declare c cursor with hold for select '{canary}'", "select statement from pg_cursors"),
        Finds("victims-application-name", "reads the name that the victim gave its session", "select set_config('application_name', '{canary}', false)", "select current_setting('application_name')"),
        new("temp-function", AttackFamily.Hygiene, "leaves a temporary function and a path that has the victim call it")
        {
            Steps = [Enemy("create function pg_temp.shout() returns text language sql as 'select ''trojan''::text'"), Victim("do $$ begin raise notice '%', pg_temp.shout(); exception when undefined_function or invalid_schema_name then null; end $$; select 1")],
            Success = Breach.VictimGets("trojan"),
            Controls = s_uncleaned,
        },
        Leaves("compiled-function", "leaves a function compiled with types of its temporary schema", "create domain pg_temp.text as pg_catalog.text check (false); do $$ begin perform public.counted(); exception when check_violation then null; end $$", "select title from public.note where public.counted() = 1") with
        {
            Setup = "create function public.counted() returns int language plpgsql as 'declare word text := ''x''; begin return length(word); end'",
        },
        new("deferred-trigger", AttackFamily.Hygiene, "leaves work for the commit, to run when the context is gone")
        {
            Steps =
            [
                Enemy("""
                    create temp table late (x int);
                    create function pg_temp.spy() returns trigger language plpgsql as $f$ begin raise notice '%', (select string_agg(title, ',') from public.note); return null; end $f$;
                    create constraint trigger spy after insert on late deferrable initially deferred for each row execute function pg_temp.spy();
                    insert into late values (1)
                    """),
            ],
            Controls = [AttackList.NoRowSecurity],
        },
        new("clean-up-that-fails", AttackFamily.Hygiene, "fails in the middle, with all of it in place")
        {
            Steps =
            [
                Enemy("create temp table note (title text); prepare report as select 1; set search_path = nowhere; select pg_advisory_lock(78); select 1 / 0"),
                Enemy("set search_path = nowhere; listen spy; create temp table note (title text); select pg_advisory_lock(78)"),
                Victim("select title from note"),
            ],
            Refusals = ["22012", "42P07"],
            Success = Breach.VictimIsBlind,
            Controls = s_uncleaned,
        },
    ];

    private static Attack Leaves(string id, string tries, string left, string query) => new(id, AttackFamily.Hygiene, tries)
    {
        Steps = [Enemy(left), Victim(query)],
        Success = Breach.VictimIsBlind,
        Controls = s_uncleaned,
    };

    private static Attack Finds(string id, string tries, string left, string query, params string[] refusals) => new(id, AttackFamily.Hygiene, tries)
    {
        Steps = [Victim(left), Enemy(query)],
        Refusals = refusals,
        Controls = s_uncleaned,
    };
}
