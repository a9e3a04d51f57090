using static Tenants.Engine.Tests.RedTeam.AttackList;
using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>Becoming another role.</summary>
internal static class RoleAttacks
{
    private const string Free = "perform set_config('tenants.context', '', true)";

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        Escape("reset-role", "goes back to the login's own role in a DO block", $"execute 'reset role'; {Free}"),
        Escape("set-config-role", "goes back by set_config, which no parser sees", $"perform set_config('role', 'none', true); {Free}"),
        Escape("set-local-role-none", "goes back by SET LOCAL ROLE NONE", $"execute 'set local role none'; {Free}"),
        Escape("set-role-login", "takes on the admin's role by name", $"execute 'set local role {{adminlogin}}'; {Free}", "42501"),
        Escape("set-role-admin", "takes on the role that sees all rows", $"execute 'set local role \"{{admin}}\"'; {Free}", "42501") with { Setup = "grant select on public.note to \"{admin}\"" },
        new("definer-function-of-its-own", AttackFamily.Roles, "makes a SECURITY DEFINER function that sets the role")
        {
            Steps = [Enemy($"create function pg_temp.f() returns text language plpgsql set role = '{{adminlogin}}' as $f$ begin {Free}; return (select string_agg(title, ',') from public.note); end $f$; select pg_temp.f()")],
            Refusals = ["42501"],
            Listed = [Scoped],
            Controls = [AsScoped],
        },
        new("session-authorization", AttackFamily.Roles, "becomes the admin's session")
        {
            Steps = [Enemy(Reading($"execute 'set session authorization {{adminlogin}}'; execute 'set local role none'; {Free}"))],
            Refusals = ["42501"],
            Listed = [Scoped],
            Controls = [AsScoped],
        },
        new("reset-role-plain", AttackFamily.Roles, "says RESET ROLE outright")
        {
            Trusts = AttackTrust.Scoped,
            Steps = [Enemy($"reset role; {Reading(Free)}")],
            Refusals = ["RoleChangeRefused"],
            Controls = [new("the guard that reads each statement") { Bare = true }],
        },
        new("row-security-off", AttackFamily.Roles, "turns row security off for itself")
        {
            Steps = [Enemy("set local row_security = off; select string_agg(title, ',') from public.note")],
            Refusals = ["42501"],
            Controls = [new("NOBYPASSRLS") { Sql = "alter role {login} bypassrls; alter role \"{session}\" bypassrls", Undo = "alter role {login} nobypassrls; alter role \"{session}\" nobypassrls" }],
        },
        new("create-role", AttackFamily.Roles, "makes a role")
        {
            Steps = [Enemy("do $attack$ begin execute 'reset role'; execute 'create role {db}_evil login'; end $attack$")],
            Success = Breach.Seen("the role is there", "select exists (select from pg_roles where rolname = '{db}_evil')"),
            Refusals = ["42501"],
            Listed = [Scoped],
            Controls = [new("NOCREATEROLE") { Sql = "alter role {login} createrole", Trusts = AttackTrust.Sealed }],
        },
        new("join-admins", AttackFamily.Roles, "grants itself the role that sees all rows")
        {
            Steps = [Enemy("do $attack$ begin execute 'reset role'; execute 'grant \"{admin}\" to \"{session}\"'; end $attack$")],
            Success = Breach.Seen("the tenants' role sees all rows", "select pg_has_role('{session}', '{admin}', 'member')"),
            Refusals = ["42501", "0LP01"],
            Trusts = AttackTrust.Sealed,
            Controls = [new("the admin option on the role") { Sql = "grant \"{admin}\" to {login} with admin option", Undo = "revoke \"{admin}\" from \"{session}\" cascade; revoke \"{admin}\" from {login} cascade" }],
        },
        new("lend-the-login", AttackFamily.Roles, "lets an accomplice into its login")
        {
            SuperuserSetup = "create role {db}_accomplice",
            Steps = [Enemy("do $attack$ begin execute 'grant ' || quote_ident(session_user) || ' to {db}_accomplice'; end $attack$")],
            Success = Breach.Seen("the accomplice is a member", "select pg_has_role('{db}_accomplice', '{login}', 'member')"),
            Refusals = ["42501"],
            Listed =
            [
                new(AttackTrust.Sealed, "before 15 a session may grant its own login to others; whoever is let in still holds no key, and the module puts them out with the next connection", "whoever updates the server to 15 or later") { MaxMajor = 14 },
            ],
            Trusts = AttackTrust.Sealed,
            Controls = [new("that nobody but a superuser grants a login to others") { Sql = "alter role {login} superuser" }],
        },
    ];

    private static Attack Escape(string id, string tries, string something, params string[] refusals) => new(id, AttackFamily.Roles, tries)
    {
        Steps = [Enemy(Reading(something))],
        Refusals = refusals,
        Listed = [Scoped],
        Controls = [AsScoped],
    };
}
