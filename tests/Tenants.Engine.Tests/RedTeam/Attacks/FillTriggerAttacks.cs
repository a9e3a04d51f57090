using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;
using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>What a rollout puts on a table until that is enforced: a trigger whose function runs with the admin's rights.</summary>
internal static class FillTriggerAttacks
{
    private const string Function = "\"public\".\"outbox_tenant_fill\"";

    private const string Spy = """
        if (select relrowsecurity from pg_catalog.pg_class where oid = 'public.note'::pg_catalog.regclass) then
            begin
                execute 'alter table public.note disable row level security';
                raise notice '%', (select pg_catalog.string_agg(title, ',') from public.note);
            exception when insufficient_privilege then null;
            end;
        end if;
        """;

    // The column's type brings a cast of its maker's along.
    private const string Bait = "create type pg_temp.trap as (id int); create function pg_temp.spring(pg_temp.trap) returns int language plpgsql as $f$ begin " + Spy
        + " return 1; end $f$; create cast (pg_temp.trap as int) with function pg_temp.spring(pg_temp.trap) as implicit; create table pg_temp.bait (id pg_temp.trap, tenant text); "
        + "create trigger spring before insert on pg_temp.bait for each row execute function public.outbox_tenant_fill(); insert into pg_temp.bait values (row(1))";

    private const string Shadow = "create function pg_temp.spy() returns text language plpgsql as $f$ begin " + Spy
        + " return 'acme'; end $f$; create temp view project as select 1 as id, pg_temp.spy() as tenant; grant select on project to public; insert into public.outbox (id) values (1)";

    // As a rollout makes it of a table whose rows are those of projects.
    private static readonly string s_prepared = "alter table public.outbox add tenant text; " + string.Join(
        ";\n",
        FillTrigger.Create(Outbox, [Outbox], Function, "tenant", new Fill(true, 1, null, true) { Expression = "( SELECT p.tenant FROM public.project p WHERE (p.id = t.id))", IsLive = true }).Select(s => s.Up));

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        new("fill-function-on-bait", AttackFamily.OwnersRights, "binds the function by which a rollout fills in tenants to a table of its own, whose column brings a cast along")
        {
            Setup = s_prepared,
            Steps = [Enemy(Bait)],
            Refusals = ["42501"],
            Controls =
            [
                new("that the function is nobody's to use, and does nothing on other tables")
                {
                    Sql = $"create or replace function {Function}() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp as 'begin new.tenant := (select p.tenant from public.project p where p.id = new.id); return new; end'; grant execute on function {Function}() to public",
                },
            ],
        },
        new("fill-function-shadowed", AttackFamily.OwnersRights, "shadows the table from which a rollout takes tenants, and writes a row as old code does")
        {
            Setup = s_prepared,
            Steps = [Enemy(Shadow)],
            Controls =
            [
                new("its pinned path and qualified names")
                {
                    Sql = $"create or replace function {Function}() returns trigger language plpgsql security definer as 'begin new.tenant := (select p.tenant from project p where p.id = new.id); return new; end'; alter function {Function}() reset all",
                },
            ],
        },
    ];

    private static TableState Outbox => new()
    {
        Oid = 0,
        Schema = "public",
        Name = "outbox",
        Kind = 'r',
        Owner = "",
        IsOwned = true,
        OwnerSeesAll = true,
        IsEnabled = false,
        IsForced = false,
        IsFiltered = false,
        IsChild = false,
        Granted = [],
        HasSchemaUsage = true,
        HasOwnSchemaUsage = true,
        OtherGrants = 0,
        Sequences = [],
        Policies = [],
        SchemaIdent = "tenants",
    };
}
