using static Tenants.Engine.Tests.RedTeam.AttackList;
using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>The login altering itself: its settings are those of every session that it opens from then on.</summary>
internal static class SelfAlterationAttacks
{
    // Over a bare connection nothing stands against it.
    private static readonly IReadOnlyList<Control> s_controls =
    [
        new("the look at each new connection") { Bare = true, Trusts = AttackTrust.Shared },
        new("the login of one's own, and with it the look at each new connection") { Bare = true, As = AttackTrust.Shared, Trusts = AttackTrust.Bound },
    ];

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        Alters("read-only", "default_transaction_read_only = on", "update public.note set kind = kind where title = '{canary}' returning title"),
        Alters("row-security-setting", "row_security = off", "select title from public.note"),
        Alters("path", "search_path = nowhere", "select title from note"),
        Alters("limit", "statement_timeout = 1", "select title from public.note, pg_sleep(0.1)"),
        Alters("string-literals", "standard_conforming_strings = off", "select title from public.note where '\\\\' = repeat('\\', 2)"),
        Alters("transform-null", "transform_null_equals = on", "select title from public.note where (tenant = null) is null"),
        Alters("time-zone", "\"TimeZone\" = 'Pacific/Kiritimati'", "select title from public.note where current_setting('TimeZone') <> 'Pacific/Kiritimati'"),
        Alters("library", "local_preload_libraries = 'nowhere'", "select title from public.note"),
        Alters("asserts", "plpgsql.check_asserts = off", "do $$ begin end $$; select title from public.note where current_setting('plpgsql.check_asserts') = 'on'"),
        Alters("language-errors", "plpgsql.extra_errors = 'all'", "do $$ begin end $$; select title from public.note where current_setting('plpgsql.extra_errors') = 'none'"),
        Alters("plans-in-notices", "debug_print_plan = on; alter role {login} set client_min_messages = log", "select title from public.note where current_setting('debug_print_plan') = 'off'"),
        new("password", AttackFamily.SelfAlteration, "gives its login another password, so that nobody else gets in")
        {
            Trusts = AttackTrust.Sealed,
            Steps = [Enemy("do $attack$ begin execute 'alter role {login} password ''stolen'''; end $attack$"), Reconnect, Victim("select title from public.note")],
            Success = Breach.VictimIsBlind,
            Controls = s_controls,
        },
        new("end-of-life", AttackFamily.SelfAlteration, "ends its login's life")
        {
            Trusts = AttackTrust.Sealed,
            Steps = [Enemy("alter role {login} valid until '2001-01-01'")],
            Success = Breach.Seen("it has ended", "select rolvaliduntil < now() from pg_roles where rolname = '{login}'"),
            Refusals = ["42501"],
            Controls = [new("that a login may not alter its attributes") { Sql = "alter role {login} superuser" }],
        },
        new("connection-limit", AttackFamily.SelfAlteration, "allows its login no connection")
        {
            Trusts = AttackTrust.Sealed,
            Steps = [Enemy("alter role {login} connection limit 0")],
            Success = Breach.Seen("it allows none", "select rolconnlimit = 0 from pg_roles where rolname = '{login}'"),
            Refusals = ["42501"],
            Controls = [new("that a login may not alter its attributes") { Sql = "alter role {login} superuser" }],
        },
        new("admins-settings", AttackFamily.SelfAlteration, "alters the admin's settings")
        {
            Steps = [Enemy("do $attack$ begin execute 'reset role'; execute 'alter role {adminlogin} in database {db} set work_mem = ''65kB'''; end $attack$")],
            Success = Breach.Seen("they are altered", "select exists (select from pg_db_role_setting where setrole = '{adminlogin}'::regrole and setdatabase = (select oid from pg_database where datname = '{db}'))"),
            Refusals = ["42501"],
            Listed = [Scoped],
            Controls = [AsScoped],
        },
        new("database-settings", AttackFamily.SelfAlteration, "alters the settings of the database")
        {
            Steps = [Enemy("do $attack$ begin execute 'reset role'; execute 'alter database {db} set work_mem = ''65kB'''; end $attack$")],
            Success = Breach.Seen("they are altered", "select exists (select from pg_db_role_setting where setrole = 0 and setdatabase = (select oid from pg_database where datname = '{db}'))"),
            Refusals = ["42501"],
            Listed = [Scoped],
            Controls = [AsScoped],
        },
    ];

    private static Attack Alters(string id, string setting, string query) => new(id, AttackFamily.SelfAlteration, $"has every new session of its login begin with {setting.Split(';')[0]}")
    {
        Trusts = AttackTrust.Sealed,
        Steps = [Enemy($"do $attack$ begin {string.Join(' ', setting.Split(';').Select(s => $"execute 'alter role {{login}} set {s.Replace("alter role {login} set ", "", StringComparison.Ordinal).Trim().Replace("'", "''", StringComparison.Ordinal)}';"))} end $attack$"), Reconnect, Victim(query)],
        Success = Breach.VictimIsBlind,
        Controls = s_controls,
    };
}
