using static Tenants.Engine.Tests.RedTeam.AttackList;
using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>DROP OWNED, REASSIGN OWNED, default privileges, grants.</summary>
internal static class OwnershipAttacks
{
    private static readonly Control s_ownership = new("that the table is not the tenants'") { Sql = "alter table public.note owner to \"{session}\"" };

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        new("drop-owned-policies", AttackFamily.Ownership, "drops what its group has, and with it policies that name the group")
        {
            // The column rights of a sequence end the command with an error that has nothing to do with the matter.
            Setup = "revoke all on sequence public.project_id_seq from \"{session}\"",
            Steps = [Enemy("do $attack$ begin execute 'drop owned by \"{session}\"'; exception when insufficient_privilege then raise notice '%', sqlerrm; end $attack$")],
            Success = Breach.Seen("the policy is gone", "select not exists (select from pg_policy where polname = 'tenants_isolation' and polrelid = 'public.note'::regclass)"),
            Controls = [new("that no policy names the tenants' role") { Sql = "alter policy tenants_isolation on public.note to \"{session}\"" }],
        },
        new("drop-owned-rights", AttackFamily.Ownership, "drops what its group has, and with it all tenants' rights")
        {
            // The column rights of a sequence end the command with an error that has nothing to do with the matter.
            Setup = "revoke all on sequence public.project_id_seq from \"{session}\"",
            Steps = [Enemy("do $attack$ begin execute 'drop owned by \"{session}\"'; exception when insufficient_privilege then raise notice '%', sqlerrm; end $attack$"), Victim("select title from public.note")],
            Success = Breach.VictimIsBlind,
            Controls = [new("that the rights were given by the tables' owner, and not by the tenants' role") { Sql = "alter table public.note owner to \"{session}\"" }],
        },
        new("drop-owned-plain", AttackFamily.Ownership, "says so outright")
        {
            Steps = [Enemy("drop owned by \"{session}\"")],
            Success = Breach.Seen("the policy is gone", "select not exists (select from pg_policy where polname = 'keep')"),
            Setup = "create policy keep on public.note as restrictive to \"{session}\" using (true); revoke all on sequence public.project_id_seq from \"{session}\"",
            Refusals = ["OwnedObjectsRefused"],
            Controls = [new("the guard that reads each statement") { Bare = true }],
        },
        new("reassign-owned", AttackFamily.Ownership, "makes what its group owns its own")
        {
            Steps = [Enemy("do $attack$ begin execute 'reassign owned by \"{session}\" to {login}'; exception when insufficient_privilege then raise notice '%', sqlerrm; end $attack$")],
            Success = Breach.Seen("the table is the enemy's", "select pg_get_userbyid(relowner) = '{login}' from pg_class where oid = 'public.note'::regclass"),
            Trusts = AttackTrust.Sealed,
            Controls = [s_ownership],
        },
        new("drop-table", AttackFamily.Ownership, "drops the table")
        {
            Steps = [Enemy("drop table public.note")],
            Success = Breach.Seen("it is gone", "select to_regclass('public.note') is null"),
            Refusals = ["42501"],
            Controls = [s_ownership],
        },
        new("rename-column", AttackFamily.Ownership, "renames a column")
        {
            Steps = [Enemy("alter table public.note rename column title to heading")],
            Success = Breach.Seen("it has another name", "select exists (select from pg_attribute where attrelid = 'public.note'::regclass and attname = 'heading')"),
            Refusals = ["42501"],
            Controls = [s_ownership],
        },
        new("change-type", AttackFamily.Ownership, "changes a column's type with a function of its own, which runs for every row")
        {
            Steps = [Enemy("create function pg_temp.spy(what text) returns text language plpgsql immutable as $f$ begin raise notice '%', what; return what; end $f$; alter table public.note alter column title type varchar using pg_temp.spy(title)")],
            Refusals = ["42501"],
            Controls = [s_ownership],
        },
        new("grant-on", AttackFamily.Ownership, "gives its rights on to everybody")
        {
            Steps = [Enemy("grant select on public.note to public")],
            Success = Breach.Seen("everybody may read", "select exists (select from pg_class c, aclexplode(c.relacl) a where c.oid = 'public.note'::regclass and a.grantee = 0)"),
            Controls = [new("that rights come without grant option") { Sql = "set role {adminlogin}; grant select on public.note to \"{session}\" with grant option; reset role" }],
        },
        new("default-privileges-of-the-admin", AttackFamily.Ownership, "has everybody read what the admin will make")
        {
            Steps = [Enemy("do $attack$ begin execute 'reset role'; execute 'alter default privileges for role {adminlogin} grant select on tables to public'; end $attack$")],
            Success = Breach.Seen("the default is there", "select exists (select from pg_default_acl where defaclrole = '{adminlogin}'::regrole)"),
            Refusals = ["42501"],
            Listed = [Scoped],
            Controls = [AsScoped],
        },
        new("references", AttackFamily.Ownership, "puts a foreign key on the table, which probes for hidden rows")
        {
            Setup = "create schema loose; grant usage, create on schema loose to \"{session}\"",
            Steps = [Enemy("create table loose.probe (id int references public.project (id)); insert into loose.probe values (2); select 'there is a 2'")],
            Success = Breach.EnemyGets("there is a 2"),
            Refusals = ["42501"],
            Controls = [new("that tenants have no REFERENCES right") { Sql = "grant references on public.project to \"{session}\"" }],
        },
    ];
}
