using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>
/// What one tenant leaves behind for the others where a query runs as many tenants at once, over connections that they share. The
/// query is one for all; what the enemy alone does stands in a block.
/// </summary>
internal static class CrowdAttacks
{
    private const AttackTrust Pooled = AttackTrust.Scoped | AttackTrust.Shared;

    private static readonly IReadOnlyList<Control> s_uncleaned = [new("the clean-up between two tenants") { Bare = true }];

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        Leaves("crowd-temp-table", "leaves a temporary table of the name that all read", $"{Alone("create temp table note (title text)")}; select title from note"),
        Leaves("crowd-search-path", "leaves a search path", $"select title from note; {Alone("set search_path = nowhere")}"),
        Leaves("crowd-role", "goes back to the login and leaves a setting", $"select title from public.note where coalesce(current_setting('my.mark', true), '') = ''; {Alone("set role none", "set my.mark = left")}"),
        Leaves("crowd-read-only", "leaves the sessions read-only", $"update public.note set kind = kind where title in ('of acme', '{{canary}}') returning title; {Alone("set default_transaction_read_only = on")}"),
        Leaves("crowd-short-limit", "leaves a limit of a millisecond", $"select title from public.note where (select pg_sleep(0.05)) is not null; {Alone("set statement_timeout = 1")}"),
        Finds("crowd-setting", "reads a setting that the victim left", "select coalesce(current_setting('my.secret', true), ''); select set_config('my.secret', (select string_agg(title, ',') from public.note), false)", Breach.Reads),
        Finds("crowd-cursor", "finds a cursor that another left", "select 'found ' || count(*) from pg_cursors where name = 'c'; declare c cursor with hold for select title from public.note", Breach.EnemyGets("found 1")),
        Finds("crowd-prepared", "finds a prepared statement that another left", "select 'found ' || count(*) from pg_prepared_statements where name = 'q'; prepare q as select title from public.note", Breach.EnemyGets("found 1")),
        Finds("crowd-session-lock", "leaves an advisory lock that lasts as long as the session", Alone("select pg_advisory_lock(79)"), Breach.Seen("the lock is held", "select exists (select from pg_locks where locktype = 'advisory' and objid = 79)")),
        new("crowd-cancel", AttackFamily.SameLogin, "where a query runs as many tenants: cancels what the others run")
        {
            Steps =
            [
                Crowd("""
                    select title from public.note
                    where (select pg_sleep(case tenants.current_tenant() when 'acme' then 0 else 0.5 end)) is not null
                      and (tenants.current_tenant() <> 'acme' or (select count(pg_cancel_backend(a.pid)) from pg_stat_activity a
                           where a.usename = session_user and a.datname = current_database() and a.pid <> pg_backend_pid() and a.state = 'active') >= 0)
                    """),
            ],
            Success = Breach.VictimFails,
            Trusts = AttackTrust.Shared,
            Refusals = ["57014"],
            Listed = [new(AttackTrust.Shared, "sessions of one login may cancel each other; each one so stopped is one error, and the others go on", "whoever runs SQL of enemies as many tenants: a session for each, over a sealed connection")],
        },
    ];

    // EXECUTE, for what fails must not stop the others from reading.
    private static string Alone(params string[] statements) =>
        $"do $$ begin if tenants.current_tenant() = 'acme' then {string.Concat(statements.Select(s => $"execute '{s}'; "))}end if; end $$";

    private static Attack Leaves(string id, string tries, string sql) => Finds(id, tries, sql, Breach.VictimGets(BlindRun));

    private static Attack Finds(string id, string tries, string sql, Breach success) => new(id, AttackFamily.Hygiene, $"where a query runs as many tenants: {tries}")
    {
        Steps = [Crowd(sql)],
        Success = success,
        Trusts = Pooled,
        Controls = s_uncleaned,
    };
}
