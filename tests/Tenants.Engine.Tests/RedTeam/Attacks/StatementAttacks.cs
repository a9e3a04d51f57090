using static Tenants.Engine.Tests.RedTeam.AttackList;
using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>Statements that read and write rows in every way there is.</summary>
internal static class StatementAttacks
{
    private static readonly Breach s_planted = Breach.Seen("a row of the victim's tenant was planted", "select exists (select from public.note where tenant = 'globex' and title = 'planted')");

    private static readonly Breach s_changed = Breach.Seen("a row of the victim changed", "select exists (select from public.note where tenant = 'globex' and title = 'changed')");

    private static readonly Breach s_deleted = Breach.Seen("a row of the victim is gone", "select count(*) < 301 from public.note where tenant = 'globex'");

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        Reads("select", "reads the table", "select string_agg(title, ',') from public.note"),
        Reads("select-or-true", "asks for all rows, whatever the tenant", "select title from public.note where tenant = 'acme' or true"),
        Reads("lateral-and-cte", "reads from within a WITH and a LATERAL", "with a as materialized (select * from public.note) select b.title from a cross join lateral (select title from public.note n where n.id > a.id) b"),
        Reads("by-ctid", "reads rows by their place", "select title from public.note where ctid = any (array(select ('(0,' || n || ')')::tid from generate_series(1, 100) n))"),
        Reads("tablesample", "reads a sample of the pages", "select string_agg(title, ',') from public.note tablesample system (100)"),
        Reads("cursor", "reads through a cursor that outlives its transaction", "declare c cursor with hold for select title from public.note; fetch all from c"),
        Reads("query-to-xml", "has the server's own function run a query", "select query_to_xml('select title from public.note', true, true, '')::text"),
        Reads("table-to-xml", "has the server's own function read the table", "select table_to_xml('public.note', true, true, '')::text"),
        Reads("ts-stat", "has the text search read the rows", "select string_agg(word, ' ') from ts_stat('select array_to_tsvector(array[title]) from public.note')"),
        Reads("for-update", "locks rows and returns them", "select title from public.note for update"),
        Reads("update-returning", "changes rows and returns them", "update public.note set title = title returning title"),
        Reads("delete-returning", "deletes rows and returns them", "delete from public.note returning title"),
        Reads("update-from", "joins hidden rows to its own in an UPDATE", "update public.note a set title = b.title from public.note b where a.tenant = 'acme' and b.tenant = 'globex' returning a.title"),
        Reads("insert-select", "copies hidden rows into a temporary table", "create temp table loot as select title from public.note; select string_agg(title, ',') from loot"),
        Reads("returning-old", "returns what a row was before", "update public.note set title = 'x' returning old.title, new.title") with { MinMajor = 18 },
        Reads("merge-returning", "returns what a MERGE touched", "merge into public.note n using (select 1) s on true when matched then update set kind = 'x' returning n.title") with { MinMajor = 17 },
        new("insert-for-another", AttackFamily.Statements, "plants a row for the victim")
        {
            Steps = [Enemy("insert into public.note (tenant, title) values ('globex', 'planted')")],
            Success = s_planted,
            Refusals = ["42501"],
            Controls = [NoRowSecurity],
        },
        new("default-for-another", AttackFamily.Statements, "plants a row by the column's default, which reads a plain setting")
        {
            Steps = [Enemy("do $$ begin perform set_config('tenants.tenant', 'globex', true); insert into public.note (title) values ('planted'); end $$")],
            Success = s_planted,
            Refusals = ["42501", "TN001"],
            Controls = [NoRowSecurity],
        },
        new("give-away", AttackFamily.Statements, "gives a row of its own to the victim")
        {
            Steps = [Enemy("update public.note set tenant = 'globex', title = 'planted'")],
            Success = s_planted,
            Refusals = ["42501"],
            Controls = [NoRowSecurity],
        },
        new("update", AttackFamily.Statements, "changes the victim's rows")
        {
            Steps = [Enemy("update public.note set title = 'changed' where tenant = 'globex'")],
            Success = s_changed,
            Controls = [NoRowSecurity],
        },
        new("where-current-of", AttackFamily.Statements, "changes the row at which a cursor stands")
        {
            Steps = [Enemy("declare c cursor for select * from public.note where tenant = 'globex' for update; move next from c; do $$ begin execute 'update public.note set title = ''changed'' where current of c'; exception when invalid_cursor_state then null; end $$")],
            Success = s_changed,
            Controls = [NoRowSecurity],
        },
        new("delete", AttackFamily.Statements, "deletes the victim's rows")
        {
            Steps = [Enemy("delete from public.note where tenant = 'globex'")],
            Success = s_deleted,
            Controls = [NoRowSecurity],
        },
        new("truncate", AttackFamily.Statements, "empties the table, which no policy filters")
        {
            Steps = [Enemy("truncate public.note")],
            Success = s_deleted,
            Refusals = ["42501"],
            Controls = [new("that tenants have no TRUNCATE right") { Sql = "grant truncate on public.note to \"{session}\"" }],
        },
        new("merge-update", AttackFamily.Statements, "changes the victim's rows by MERGE")
        {
            MinMajor = 15,
            Steps = [Enemy("merge into public.note n using (select 'globex' as t) s on n.tenant = s.t when matched then update set title = 'changed'")],
            Success = s_changed,
            Controls = [NoRowSecurity],
        },
        new("merge-delete", AttackFamily.Statements, "deletes the victim's rows by MERGE")
        {
            MinMajor = 15,
            Steps = [Enemy("merge into public.note n using (select 'globex' as t) s on n.tenant = s.t when matched then delete")],
            Success = s_deleted,
            Controls = [NoRowSecurity],
        },
        new("merge-insert", AttackFamily.Statements, "plants a row by MERGE")
        {
            MinMajor = 15,
            Steps = [Enemy("merge into public.note n using (select 1) s on false when not matched then insert (tenant, title) values ('globex', 'planted')")],
            Success = s_planted,
            Refusals = ["42501"],
            Controls = [NoRowSecurity],
        },
        new("on-conflict-update", AttackFamily.Statements, "changes the hidden row that its own row conflicts with")
        {
            Steps = [Enemy("insert into public.coupon values ('acme', 'G-1') on conflict (code) do update set tenant = 'acme'")],
            Success = Breach.Seen("the victim's coupon is the enemy's", "select exists (select from public.coupon where tenant = 'acme' and code = 'G-1')"),
            Refusals = ["42501"],
            Controls = [new("row security") { Sql = "alter table public.coupon disable row level security" }],
        },
        new("on-conflict-returning", AttackFamily.Statements, "returns the hidden row that its own row conflicts with")
        {
            Setup = "insert into public.coupon values ('globex', '{canary}')",
            Steps = [Enemy("insert into public.coupon select 'acme', c from (select 'canary-of-' || 'globex' as c) s on conflict (code) do update set code = excluded.code returning (select tenant from public.coupon x where x.code = coupon.code)")],
            Success = Breach.EnemyGets("globex"),
            Refusals = ["42501"],
            Controls = [new("row security") { Sql = "alter table public.coupon disable row level security" }],
        },
        new("lock-rows", AttackFamily.Statements, "locks the victim's rows")
        {
            Steps = [new(Actor.EnemyMeanwhile, "select id from public.note for update; select pg_sleep(8)"), Victim("set local lock_timeout = '1500ms'; update public.note set kind = kind where title = '{canary}'")],
            Success = Breach.VictimFails,
            Controls = [NoRowSecurity],
        },
        new("write-into-a-view", AttackFamily.Statements, "plants a row through an updatable view of the owner")
        {
            Setup = "create view public.notes as select * from public.note; grant select, insert on public.notes to public",
            Steps = [Enemy("insert into public.notes (tenant, title) values ('globex', 'planted')")],
            Success = s_planted,
            Refusals = ["42501"],
            Controls = [NoRowSecurity],
        },
    ];

    private static Attack Reads(string id, string tries, string sql) => new(id, AttackFamily.Statements, tries)
    {
        Steps = [Enemy(sql)],
        Controls = [NoRowSecurity],
    };
}
