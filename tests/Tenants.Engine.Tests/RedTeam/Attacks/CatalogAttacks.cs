using static Tenants.Engine.Tests.RedTeam.AttackList;
using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>Catalogs, statistics, plans, sequences.</summary>
internal static class CatalogAttacks
{
    private const string NoPrivilege = "nobody: the catalog is everybody's to read, and no privilege stops it";

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        new("pg-stats", AttackFamily.Catalogs, "reads the commonest values of a column")
        {
            Steps = [Enemy("select most_common_vals::text || histogram_bounds::text from pg_stats where tablename = 'note' and attname = 'title'; select most_common_vals::text from pg_stats")],
            Controls = [NoRowSecurity],
        },
        new("pg-statistic", AttackFamily.Catalogs, "reads the statistics past their view")
        {
            Steps = [Enemy("select stavalues1::text from pg_statistic where starelid = 'public.note'::regclass")],
            Refusals = ["42501"],
            Controls = [new("that pg_statistic is the superuser's") { Sql = "grant select on pg_catalog.pg_statistic to public" }],
        },
        new("statistics-of-a-partition", AttackFamily.Catalogs, "reads the statistics of partitions")
        {
            Setup = "grant select on public.event_late to \"{session}\"; alter table public.event_late enable row level security; insert into public.event_late select n, 'globex', '2021-05-05', '{canary}' from generate_series(1, 50) n; analyze public.event_late",
            Steps = [Enemy("select most_common_vals::text from pg_stats where tablename like 'event%'")],
            Controls = [new("row security of the partition") { Sql = "alter table public.event_late disable row level security" }],
        },
        Lists("table-size", "sees how large the tables are", "select case when pg_relation_size('public.note') > 0 then 'size' end", "size", "the size of a relation is everybody's to ask", "nobody; tables of their own for a tenant that must hide it"),
        Lists("row-estimate", "sees how many rows all tenants have", "select case when reltuples > 300 then 'many rows' end from pg_class where oid = 'public.note'::regclass", "many rows", "pg_class is everybody's to read", NoPrivilege),
        Lists("table-activity", "sees how many rows are written by all", "select 'written ' || (n_tup_ins is not null) from pg_stat_user_tables where relname = 'note'", "written true", "the counters of tables are everybody's to read", "a superuser: revoke select on pg_stat_user_tables and its like from public, which breaks monitoring"),
        Lists("explain-estimate", "has EXPLAIN tell the share of a value over all tenants",
            "do $$ declare j json; begin execute 'explain (format json) select * from public.note where kind = ''rare''' into j; raise notice 'frequent: %', (j -> 0 -> 'Plan' ->> 'Plan Rows')::float > 20; end $$",
            "frequent: t", "the planner's estimate counts all rows", "nobody: no privilege stops EXPLAIN"),
        Lists("explain-analyze", "has EXPLAIN ANALYZE count the rows that the policy took away",
            "set local enable_indexscan = off; set local enable_bitmapscan = off; explain (analyze, timing off) select * from public.note",
            "Rows Removed by Filter: 301", "EXPLAIN ANALYZE counts what was read and thrown away", "nobody: no privilege stops EXPLAIN; an index that leads with the tenant reads no hidden row"),
        Lists("sequence", "sees how many rows all tenants inserted", "select 'last ' || pg_sequence_last_value('public.project_id_seq')", "last 2", "a serial column's sequence is one for all", "the table's owner: an identity column and uuids"),
        Lists("partition-bounds", "reads other tenants' names in the bounds of partitions", "select pg_get_expr(relpartbound, oid) from pg_class where relname = 'account_g'", "globex", "bounds, checks, defaults and function bodies are everybody's to read", "the table's owner: partition by a hash, name no tenant in DDL"),
        Lists("role-names", "lists the cluster's logins", "select rolname::text from pg_roles", "{session}", "pg_roles is everybody's to read; the module's own logins have random names", "nobody on the same cluster"),
        Lists("locks", "sees which tables others use", "select 'locks ' || (count(*) > 0) from pg_locks", "locks true", "pg_locks is everybody's to read", "a superuser: revoke select on pg_locks and execute on pg_lock_status() from public"),
        Lists("policy-text", "reads the policies and the functions' source", "select polname || pg_get_expr(polqual, polrelid) from pg_policy; select prosrc from pg_proc where proname = 'current_tenant'", "tenants_isolation", "the source is everybody's to read, and holds no secret", "nobody; nothing hangs on it"),
        Lists("write-ahead-log", "sees how much everybody writes", "select 'at ' || pg_current_wal_lsn()", "at ", "where the log stands is everybody's to ask", "a superuser: revoke execute on pg_current_wal_lsn() and its like from public"),
    ];

    private static Attack Lists(string id, string tries, string sql, string gets, string why, string closer) => new(id, AttackFamily.Catalogs, tries)
    {
        Steps = [Enemy(sql)],
        Success = gets == "{session}" ? Breach.EnemyGets("tenants_session") : Breach.EnemyGets(gets),
        Listed = [new(AttackTrust.All, why, closer)],
    };
}
