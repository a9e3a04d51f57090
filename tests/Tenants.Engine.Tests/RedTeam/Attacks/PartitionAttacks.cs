using static Tenants.Engine.Tests.RedTeam.AttackStep;

namespace Tenants.Engine.Tests.RedTeam.Attacks;

/// <summary>Partitions and children addressed directly: the policies of the parent do not hold there.</summary>
internal static class PartitionAttacks
{
    private static readonly Breach s_planted = Breach.Seen("a row of the victim's tenant was planted", "select exists (select from public.event where tenant = 'globex' and what = 'planted')");

    /// <summary>The attacks.</summary>
    public static IReadOnlyList<Attack> All { get; } =
    [
        new("partition", AttackFamily.Partitions, "reads a partition directly, one that came later and has no policy")
        {
            Steps = [Enemy("select what from public.event_late")],
            Refusals = ["42501"],
            Controls = [new("that tenants have no right on partitions") { Sql = "grant select on public.event_late to \"{session}\"" }],
        },
        new("partition-with-a-right", AttackFamily.Partitions, "reads a partition on which tenants were given a right")
        {
            Setup = "grant select on public.event_early to \"{session}\"",
            Steps = [Enemy("select what from public.event_early")],
            Controls = [new("the partition's own policy") { Sql = "alter table public.event_early disable row level security" }],
        },
        new("insert-into-partition", AttackFamily.Partitions, "plants a row for the victim in a partition on which tenants were given a right")
        {
            Setup = "grant insert on public.event_early to \"{session}\"",
            Steps = [Enemy("insert into public.event_early values (9, 'globex', '2020-06-06', 'planted')")],
            Success = s_planted,
            Refusals = ["42501"],
            Controls = [new("the partition's own policy") { Sql = "alter table public.event_early disable row level security" }],
        },
        new("insert-through-the-root", AttackFamily.Partitions, "plants a row for the victim through the root, in a partition without a policy")
        {
            Steps = [Enemy("insert into public.event values (9, 'globex', '2021-06-06', 'planted')")],
            Success = s_planted,
            Refusals = ["42501"],
            Controls = [new("the root's policy") { Sql = "alter table public.event disable row level security" }],
        },
        new("read-through-the-root", AttackFamily.Partitions, "reads through the root a partition without a policy")
        {
            Steps = [Enemy("select what from public.event where at > '2021-01-01'")],
            Controls = [new("the root's policy") { Sql = "alter table public.event disable row level security" }],
        },
        new("move-between-partitions", AttackFamily.Partitions, "moves a row of its own to another partition and tenant in one UPDATE")
        {
            Steps = [Enemy("update public.event set at = '2021-07-07', tenant = 'globex', what = 'planted'")],
            Success = s_planted,
            Refusals = ["42501"],
            Controls = [new("the root's policy") { Sql = "alter table public.event disable row level security" }],
        },
        new("child", AttackFamily.Partitions, "reads an inheriting child on which tenants were given a right")
        {
            Setup = "grant select on public.child_item to \"{session}\"",
            Steps = [Enemy("select title from public.child_item")],
            Controls = [new("the child's own policy") { Sql = "alter table public.child_item disable row level security" }],
        },
        new("child-without-a-right", AttackFamily.Partitions, "reads an inheriting child that was made later")
        {
            Setup = "create table public.later_item () inherits (public.base_item); insert into public.later_item values (5, 'globex', '{canary}')",
            Steps = [Enemy("select title from public.later_item")],
            Refusals = ["42501"],
            Controls = [new("that tenants have no right on children") { Sql = "grant select on public.later_item to \"{session}\"" }],
        },
        new("detach", AttackFamily.Partitions, "detaches a partition")
        {
            Steps = [Enemy("alter table public.event detach partition public.event_late")],
            Success = Breach.Seen("it is detached", "select not relispartition from pg_class where oid = 'public.event_late'::regclass"),
            Refusals = ["42501"],
            Controls = [new("that the tables are not the tenants'") { Sql = "alter table public.event owner to \"{session}\"; alter table public.event_late owner to \"{session}\"" }],
        },
        new("inherit", AttackFamily.Partitions, "makes a temporary table that inherits, to add rows to what all read")
        {
            Steps = [Enemy("create temp table mine () inherits (public.base_item); insert into mine values (9, 'globex', 'planted')")],
            Success = Breach.Seen("the table has such a child", "select exists (select from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'public.base_item'::regclass and c.relname = 'mine')"),
            Refusals = ["42501"],
            Held = true,
            Controls = [new("that the table is not the tenants'") { Sql = "alter table public.base_item owner to \"{session}\"" }],
        },
        new("truncate-partition", AttackFamily.Partitions, "empties a partition")
        {
            Steps = [Enemy("truncate public.event_late")],
            Success = Breach.Seen("it is empty", "select not exists (select from public.event_late)"),
            Refusals = ["42501"],
            Controls = [new("that tenants have no TRUNCATE right") { Sql = "grant truncate on public.event_late to \"{session}\"" }],
        },
    ];
}
