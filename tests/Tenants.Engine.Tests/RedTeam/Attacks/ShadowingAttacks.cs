using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>Names that mean something else to the victim or to a function.</summary>
internal static class ShadowingAttacks
{
    private const string Fake = """
        create temp table login (oid oid, name name, kind text, tenant text, expires_at timestamptz);
        create temp table tenant (id text, state text);
        insert into login select oid, rolname, 'bound', 'globex' from pg_roles where rolname = session_user;
        insert into tenant values ('globex', 'active');
        grant all on login, tenant to public;
        set local search_path = pg_temp, pg_catalog, public;
        """;

    // As the module's, but for the names and the path.
    private const string Careless = """
        create or replace function tenants.current_tenant() returns text language plpgsql stable security definer as $f$
        begin
            return (select l.tenant from login l join tenant t on t.id = l.tenant where l.name = session_user);
        end
        $f$;
        alter function tenants.current_tenant() set search_path = tenants
        """;

    private const string LogFunction = """
        create table public.log_line (what text);
        create function public.log_it(what text) returns void language sql volatile security definer set search_path = public, pg_temp
            as 'insert into public.log_line values (what)';
        create or replace function public.log_it(what text) returns void language plpgsql volatile security definer set search_path = public, pg_temp
            as 'begin insert into log_line values (what); end';
        """;

    private const string Trojan = "create function public.lower(varchar) returns text language sql as 'select ''trojan''::text'";

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        new("temp-tables-of-the-module", AttackFamily.Shadowing, "makes temporary tables named like the module's own")
        {
            Steps = [Enemy(Fake + "select string_agg(title, ',') from public.note")],
            Controls = [new("pg_temp at the end of the path, and the schema before each name") { Sql = Careless }],
        },
        new("temp-tables-and-no-context", AttackFamily.Shadowing, "does so and takes the context away")
        {
            Steps = [Enemy(Fake + "select set_config('tenants.context', '', true); select string_agg(title, ',') from public.note")],
            Controls = [new("pg_temp at the end of the path, and the schema before each name") { Sql = Careless }],
        },
        new("temp-table-under-a-definer-function", AttackFamily.Shadowing, "has an owner's function write into a temporary table, whose trigger then runs as the owner and lifts row security")
        {
            Setup = LogFunction,
            Steps =
            [
                Enemy("""
                    create temp table log_line (what text);
                    grant all on log_line to public;
                    create function pg_temp.spy() returns trigger language plpgsql as $f$
                    begin
                        execute 'alter table public.note disable row level security';
                        raise notice '%', (select string_agg(title, ',') from public.note);
                        return new;
                    end $f$;
                    create trigger spy before insert on log_line for each row execute function pg_temp.spy();
                    select public.log_it('x')
                    """),
            ],
            Controls = [new("the function's own path") { Sql = "alter function public.log_it(text) reset all" }],
        },
        new("trojan-function", AttackFamily.Shadowing, "makes a function that fits the victim's call better than the server's own")
        {
            Steps = [Enemy(Trojan), Victim("select lower(code) from public.coupon")],
            Success = Breach.VictimGets("trojan"),
            Refusals = ["42501"],
            Controls = [new("that nobody may make things in the schema public") { Sql = "grant create on schema public to public" }],
        },
        new("trojan-operator", AttackFamily.Shadowing, "makes an operator that fits the victim's comparison better")
        {
            Steps =
            [
                Enemy("create function public.never(varchar, varchar) returns boolean language sql as 'select false'; create operator public.= (leftarg = varchar, rightarg = varchar, function = public.never)"),
                Victim("select '{canary}' from public.coupon where code = 'G-1'::varchar"),
            ],
            Success = Breach.VictimIsBlind,
            Refusals = ["42501"],
            Controls = [new("that nobody may make things in the schema public") { Sql = "grant create on schema public to public" }],
        },
        new("trojan-table", AttackFamily.Shadowing, "makes a table of the name that the victim reads, in a schema before its own")
        {
            SuperuserSetup = "create schema early; grant usage on schema early to public",
            Steps =
            [
                Enemy("create table early.note (title text); grant select on early.note to public"),
                Victim("set local search_path = early, public; select title from note"),
            ],
            Success = Breach.VictimIsBlind,
            Refusals = ["42501"],
            Controls = [new("that nobody may make things in that schema") { Sql = "grant create on schema early to public" }],
        },
        new("trojan-schema", AttackFamily.Shadowing, "makes a schema named like the victim's login")
        {
            Steps = [Enemy("create schema \"{login}\"")],
            Success = Breach.Seen("the schema is there", "select exists (select from pg_namespace where nspname = '{login}')"),
            Refusals = ["42501"],
            Controls = [new("that nobody may make schemas in the database") { Sql = "grant create on database {db} to public" }],
        },
        new("cast-and-operator-of-its-own", AttackFamily.Shadowing, "makes types, casts and operators in its temporary schema, to change what the policy compares")
        {
            Steps =
            [
                Enemy("""
                    create type pg_temp.anything as (x text);
                    create function pg_temp.yes(text, text) returns boolean language sql as 'select true';
                    create operator pg_temp.= (leftarg = text, rightarg = text, function = pg_temp.yes);
                    set local search_path = pg_temp, public;
                    select string_agg(title, ',') from public.note
                    """),
            ],
            Controls =
            [
                new("the operator that the policy was bound to")
                {
                    Sql = "create function public.same(a text, b text) returns boolean language plpgsql set search_path from current as $f$ declare r boolean; begin execute format('select $1 operator(%s.=) $2', (select n.nspname from pg_operator o join pg_namespace n on n.oid = o.oprnamespace where o.oprname = '=' and o.oprleft = 'text'::regtype and o.oprright = 'text'::regtype order by n.nspname like 'pg_temp%' desc limit 1)) into r using a, b; return r; end $f$; "
                        + "alter policy tenants_isolation on public.note using (public.same(tenant, (select tenants.current_tenant())))",
                },
            ],
        },
    ];
}
