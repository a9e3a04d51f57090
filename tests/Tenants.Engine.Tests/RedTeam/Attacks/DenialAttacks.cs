using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>Keeping others from working.</summary>
internal static class DenialAttacks
{
    private const string Runs = "select exists (select from pg_stat_activity where datname = current_database() and state = 'active' and query like '%run_on%' and pid <> pg_backend_pid())";

    private const string Limit = "whoever queries: -Timeout, which also ends it";

    private static readonly TimeSpan s_short = TimeSpan.FromSeconds(1);

    private static readonly Breach s_runsOn = Breach.Seen("it runs on long after its limit", Runs);

    private static readonly Control s_unwatched = new("the client's watch over the limit") { Bare = true };

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        new("no-limit", AttackFamily.Denial, "takes the limit away, and runs on in the next statement")
        {
            Timeout = s_short,
            Steps = [new(Actor.EnemyMeanwhile, "select set_config('statement_timeout', '0', false); select /* run_on */ pg_sleep(60)"), new(Actor.Wait, "12")],
            Success = s_runsOn,
            Refusals = ["57014", "57P01", "Ended", "StatementTimeout", "SessionLost"],
            Controls = [s_unwatched],
        },
        new("deaf-to-cancel", AttackFamily.Denial, "takes the limit away and catches every cancel in a loop")
        {
            Timeout = s_short,
            Steps = [new(Actor.EnemyMeanwhile, "set statement_timeout = 0; do $$ begin /* run_on */ loop begin perform pg_sleep(60); exception when query_canceled then null; end; end loop; end $$"), new(Actor.Wait, "22")],
            Success = s_runsOn,
            Refusals = ["57014", "57P01", "Ended", "StatementTimeout", "SessionLost"],
            Controls = [s_unwatched],
        },
        new("deaf-to-the-limit", AttackFamily.Denial, "catches the limit itself in a loop")
        {
            Timeout = s_short,
            Steps = [new(Actor.EnemyMeanwhile, "do $$ begin /* run_on */ loop begin perform pg_sleep(60); exception when query_canceled then null; end; end loop; end $$"), new(Actor.Wait, "22")],
            Success = s_runsOn,
            Refusals = ["57014", "57P01", "Ended", "StatementTimeout", "SessionLost"],
            Controls = [s_unwatched],
        },
        new("lock-table", AttackFamily.Denial, "locks a table of all tenants")
        {
            Steps = [new(Actor.EnemyMeanwhile, "lock table public.note in access exclusive mode; select pg_sleep(8)"), Victim("set local lock_timeout = '1s'; select title from public.note")],
            Success = Breach.VictimIsBlind,
            Listed = [new(AttackTrust.All, "UPDATE or DELETE on a table brings LOCK TABLE with it; the lock ends with the statement's limit", Limit + "; the table's owner: INSERT and UPDATE of columns only")],
        },
        new("temporary-files", AttackFamily.Denial, "fills the disk with temporary files")
        {
            Steps = [Enemy("set local work_mem = '64kB'; select 'spilled ' || count(*) from (select n from generate_series(1, 200000) n order by md5(n::text)) s")],
            Success = Breach.EnemyGets("spilled 200000"),
            Listed = [new(AttackTrust.All, "temporary files are limited by a superuser's setting only", "a superuser: alter role … set temp_file_limit")],
        },
        new("memory", AttackFamily.Denial, "asks for as much memory as it likes")
        {
            Steps = [Enemy("select set_config('work_mem', '2000000kB', true) || ' taken'")],
            Success = Breach.EnemyGets(" taken"),
            Listed = [new(AttackTrust.All, "work_mem is everybody's to set", "the operating system: limits of the server's processes")],
        },
        new("superusers-limit", AttackFamily.Denial, "lifts a limit that a superuser set")
        {
            Steps = [Enemy("select set_config('temp_file_limit', '-1', false) || ' lifted'")],
            Success = Breach.EnemyGets("lifted"),
            Refusals = ["42501"],
            Controls = [new("that the setting is the superuser's") { Sql = "alter role {login} superuser; alter role \"{session}\" superuser", Undo = "alter role \"{session}\" nosuperuser" }],
        },
    ];
}
