using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>What an error, a constraint or time tells.</summary>
internal static class ChannelAttacks
{
    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        new("unique-with-tenant", AttackFamily.Channels, "has a unique index tell whether a value is taken")
        {
            Steps = [Enemy("do $$ begin insert into public.contact values ('acme', 'g@globex.test'); exception when unique_violation then raise notice 'taken'; end $$")],
            Success = Breach.EnemyGets("taken"),
            Controls = [new("the tenant in the unique index") { Sql = "create unique index on public.contact (email)" }],
        },
        new("on-conflict-with-tenant", AttackFamily.Channels, "has ON CONFLICT DO NOTHING tell whether a value is taken")
        {
            Steps = [Enemy("with i as (insert into public.contact values ('acme', 'g@globex.test') on conflict do nothing returning 1) select case count(*) when 0 then 'taken' end from i")],
            Success = Breach.EnemyGets("taken"),
            Controls = [new("the tenant in the unique index") { Sql = "create unique index on public.contact (email)" }],
        },
        new("foreign-key-with-tenant", AttackFamily.Channels, "has a foreign key tell whether a row is there")
        {
            Steps = [Enemy("do $$ begin insert into public.step values (1, 'acme', 2); raise notice 'there'; exception when foreign_key_violation then null; end $$")],
            Success = Breach.EnemyGets("there"),
            Controls = [new("the tenant in the foreign key") { Sql = "alter table public.step drop constraint step_project; alter table public.step add foreign key (project_id) references public.project (id)" }],
        },
        new("unique-without-tenant", AttackFamily.Channels, "does so where the index does not hold the tenant")
        {
            Steps = [Enemy("do $$ begin insert into public.coupon values ('acme', 'G-1'); exception when unique_violation then raise notice 'taken'; end $$")],
            Success = Breach.EnemyGets("taken"),
            Listed = [new(AttackTrust.All, "constraints see all rows", "the table's owner: unique (tenant, …); Get-TenantRls names such indexes")],
        },
        new("foreign-key-without-tenant", AttackFamily.Channels, "does so where the key does not hold the tenant")
        {
            Steps = [Enemy("do $$ begin insert into public.task values (1, 'acme', 2); raise notice 'there'; exception when foreign_key_violation then null; end $$")],
            Success = Breach.EnemyGets("there"),
            Listed = [new(AttackTrust.All, "constraints see all rows", "the table's owner: foreign key (tenant, …); Get-TenantRls names such keys")],
        },
        new("block-a-delete", AttackFamily.Channels, "refers to the victim's row, so that it cannot be deleted")
        {
            Steps = [Enemy("insert into public.task values (1, 'acme', 2)"), Victim("delete from public.project where id = 2")],
            Success = Breach.VictimFails,
            Listed = [new(AttackTrust.All, "constraints see all rows", "the table's owner: foreign key (tenant, …)")],
        },
        new("block-a-delete-with-tenant", AttackFamily.Channels, "does so where the key holds the tenant")
        {
            Steps = [Enemy("insert into public.step values (1, 'acme', 2)"), Victim("delete from public.project where id = 2")],
            Success = Breach.VictimFails,
            Refusals = ["23503"],
            Controls = [new("the tenant in the foreign key") { Sql = "alter table public.step drop constraint step_project; alter table public.step add foreign key (project_id) references public.project (id)" }],
        },
        new("cascade", AttackFamily.Channels, "deletes a row of its own to which the victim's refers ON DELETE CASCADE")
        {
            Setup = "alter table public.task drop constraint task_project_id_fkey; alter table public.task add foreign key (project_id) references public.project (id) on delete cascade; insert into public.task values (7, 'globex', 1)",
            Steps = [Enemy("delete from public.project where id = 1")],
            Success = Breach.Seen("the victim's row is gone", "select not exists (select from public.task where id = 7)"),
            Listed = [new(AttackTrust.All, "what a foreign key does, it does to all rows", "the table's owner: foreign key (tenant, …)")],
        },
        new("error-detail", AttackFamily.Channels, "has an error quote a hidden row")
        {
            Setup = "alter table public.note add constraint note_title check (length(title) < 100); create unique index on public.note (tenant, title, id)",
            Steps = [Enemy("do $$ declare d text; begin update public.note set title = title || repeat('x', 200); exception when check_violation then get stacked diagnostics d = pg_exception_detail; raise notice '%', d; end $$")],
            Controls = [new("row security") { Sql = "alter table public.note disable row level security; delete from public.note where tenant = 'acme'" }],
        },
        new("time-and-buffers", AttackFamily.Channels, "measures how long a scan takes, and how many pages it reads")
        {
            Steps = [Enemy("set local enable_indexscan = off; set local enable_bitmapscan = off; explain (analyze, buffers, timing off) select * from public.note")],
            Success = Breach.EnemyGets("Buffers: shared"),
            Listed = [new(AttackTrust.All, "one table holds all tenants' rows, and time tells what was read", "the table's owner: an index that leads with the tenant, or partitions by it, for what must not be told")],
        },
        new("wait-for-a-hidden-insert", AttackFamily.Channels, "waits where another tenant is inserting the same value")
        {
            Steps =
            [
                new(Actor.VictimMeanwhile, "insert into public.coupon values ('globex', 'G-2'); select pg_sleep(6)"),
                Enemy("do $$ begin set local lock_timeout = '1s'; insert into public.coupon values ('acme', 'G-2'); exception when lock_not_available then raise notice 'waited'; end $$"),
            ],
            Success = Breach.EnemyGets("waited"),
            Listed = [new(AttackTrust.All, "constraints see all rows, uncommitted ones too", "the table's owner: unique (tenant, …)")],
        },
    ];
}
