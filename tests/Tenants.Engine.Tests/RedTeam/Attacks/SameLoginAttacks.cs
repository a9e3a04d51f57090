using static Tenants.Engine.Tests.RedTeam.AttackList;
using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>What sessions of one login may see of each other, and do to each other.</summary>
internal static class SameLoginAttacks
{
    private const string Sessions = "whoever queries: a session, which has a login of its own; a superuser: alter role … set track_activities = off";

    private const string Revoke = "whoever queries: a session, which has a login of its own; a superuser: revoke execute on pg_cancel_backend(int) and pg_terminate_backend(int, bigint) from public";

    private const AttackTrust One = AttackTrust.Scoped | AttackTrust.Shared;

    // It writes, so the module does not try it anew.
    private static readonly AttackStep s_write = new(Actor.VictimMeanwhile, "update public.note set kind = kind where title = '{canary}'; select pg_sleep(6)");

    private static readonly AttackStep s_query = new(Actor.VictimMeanwhile, "select '{canary}', pg_sleep(6)");

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        new("query-texts", AttackFamily.SameLogin, "reads the victim's query while it runs")
        {
            Steps = [s_query, Enemy("do $$ begin perform set_config('role', 'none', true); raise notice '%', (select string_agg(query, ' ') from pg_stat_activity where pid <> pg_backend_pid()); end $$")],
            Listed = [new(One, "pg_stat_activity shows a login its own sessions", Sessions)],
            Controls = [AsShared],
        },
        new("query-texts-by-function", AttackFamily.SameLogin, "does so past the view")
        {
            Steps = [s_query, Enemy("do $$ begin perform set_config('role', 'none', true); raise notice '%', (select string_agg(pg_stat_get_backend_activity(b), ' ') from pg_stat_get_backend_idset() b); end $$")],
            Listed = [new(One, "the statistics show a login its own sessions", Sessions)],
            Controls = [AsShared],
        },
        new("cancel", AttackFamily.SameLogin, "cancels the victim's query")
        {
            Steps = [s_query, Enemy("do $$ begin perform set_config('role', 'none', true); perform pg_cancel_backend(pid) from pg_stat_activity where query like '%pg_sleep(6)%' and pid <> pg_backend_pid(); perform pg_cancel_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend' and usename = session_user; end $$"), new(Actor.Wait, "1")],
            Success = Breach.VictimFails,
            Refusals = ["42501"],
            Listed = [new(One, "a login may cancel its own sessions", Revoke)],
            Controls = [AsShared],
        },
        new("terminate", AttackFamily.SameLogin, "ends the victim's session")
        {
            Steps = [s_write, Enemy("do $$ begin perform set_config('role', 'none', true); perform pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend' and state = 'active'; end $$"), new(Actor.Wait, "1")],
            Success = Breach.VictimFails,
            Refusals = ["42501"],
            Listed = [new(One, "a login may end its own sessions", Revoke)],
            Controls = [AsShared],
        },
        new("terminate-all", AttackFamily.SameLogin, "ends every session that it can find, whosever it is")
        {
            Steps = [s_write, Enemy("do $$ declare p int; begin for p in select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() loop begin perform pg_terminate_backend(p); exception when insufficient_privilege then null; end; end loop; end $$"), new(Actor.Wait, "1")],
            Success = Breach.VictimFails,
            Listed = [new(AttackTrust.Shared, "a login may end its own sessions", Revoke)],
            Controls = [AsShared, new("that the tenants' role is not a member of the admin's login") { Sql = "grant pg_signal_backend to \"{session}\"", Undo = "revoke pg_signal_backend from \"{session}\"", Trusts = AttackTrust.Scoped }],
        },
        new("application-name", AttackFamily.SameLogin, "reads what other sessions call themselves")
        {
            Steps = [new(Actor.VictimMeanwhile, "set local application_name = '{canary}'; select pg_sleep(6)"), Enemy("select application_name from pg_stat_activity")],
            Listed = [new(AttackTrust.All, "the application's name is shown to everybody, whosever the session is", "whoever queries: no secret in application_name")],
        },
        new("drop-owned-of-the-login", AttackFamily.SameLogin, "drops all that its login owns, other sessions' temporary tables too")
        {
            Trusts = AttackTrust.Sealed,
            Steps =
            [
                new(Actor.VictimMeanwhile, "select lo_from_bytea(4711, 'victim')"),
                Enemy("do $attack$ begin execute 'drop owned by {login}'; end $attack$"),
            ],
            Success = Breach.Seen("the victim's large object is gone", "select not exists (select from pg_largeobject_metadata where oid = 4711)"),
            Listed = [new(AttackTrust.Shared, "what any session of a login made, the login owns", "whoever queries: a session, which has a login of its own")],
            Controls = [AsShared],
        },
    ];
}
