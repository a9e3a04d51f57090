using Tenants.Engine.Plans;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Migrations;

/// <summary>
/// A migration names the partitions of the database against which it was written. Where it runs there may be others, and the index of
/// the whole table would build theirs in one transaction while nobody writes to any of them. So that one begins with a look.
/// </summary>
internal static class PartitionGuard
{
    /// <summary>The plan, with the guard before an index of the whole of a partitioned table.</summary>
    /// <param name="planned">The table.</param>
    /// <param name="plan">Its plan so far.</param>
    public static Plan Add(EnablePlan planned, Plan plan) => plan with
    {
        Steps =
        [
            .. plan.Steps.SelectMany(step => step is { Mends: TenantRlsDifferenceKind.IndexMissing, Lock: LockLevel.Share }
                ? (PlanStep[])[Step(planned, plan) with { Scope = step.Scope }, step with { Scope = StepScope.Shared }]
                : [step]),
        ],
    };

    // By the rules of CREATE INDEX: below a partition that has such an index of its own it looks no further, and one that another
    // index holds already is not to be had. A partition without rows is built in no time.
    private static PlanStep Step(EnablePlan planned, Plan plan)
    {
        var column = Quote.Identifier(planned.Column!);
        var fill = plan.Steps.Select(s => s.Backfill).FirstOrDefault(b => b is not null) is { } backfill
            ? $" operator(pg_catalog.||) pg_catalog.format('; update only %s as t set %s', c.oid::pg_catalog.regclass, {Quote.Literal($"{column} = {backfill.Value} where t.{column} is null")})"
            : "";
        var body = $"""
            declare
                unknown text;
                builds  text;
            begin
                with recursive indexed(oid) as (
                    select i.indrelid
                    from pg_catalog.pg_index i
                    join pg_catalog.pg_class x on x.oid = i.indexrelid and not x.relispartition
                    join pg_catalog.pg_am m on m.oid = x.relam and m.amname = 'btree'
                    join pg_catalog.pg_opclass o on o.oid = i.indclass[0] and o.opcdefault
                    join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attname = {Quote.Literal(planned.Column!)} and a.attcollation = i.indcollation[0]
                    where i.indisvalid and not i.indisunique and i.indnatts = 1 and i.indkey[0] = a.attnum and i.indpred is null),
                part(oid) as (
                    select h.inhrelid from pg_catalog.pg_inherits h where h.inhparent = {Quote.Literal(planned.Table.QuotedName)}::pg_catalog.regclass
                    union all
                    select h.inhrelid from part p join pg_catalog.pg_inherits h on h.inhparent = p.oid where not exists (select from indexed d where d.oid = p.oid))
                select pg_catalog.string_agg(c.oid::pg_catalog.regclass::text, ', ' order by c.oid),
                       pg_catalog.string_agg(pg_catalog.format('create index concurrently on %s (%s)', c.oid::pg_catalog.regclass, {Quote.Literal(column)}){fill}, '; ' order by c.oid)
                into unknown, builds
                from part p
                join pg_catalog.pg_class c on c.oid = p.oid and c.relkind = 'r'
                where pg_catalog.pg_relation_size(c.oid) > 0 and not exists (select from indexed d where d.oid = c.oid);
                if unknown is not null then
                    raise exception using errcode = 'object_not_in_prerequisite_state',
                        message = pg_catalog.format('the migration was written where %s had other partitions, and nobody could write to it while these get their index: %s', {Quote.Literal(planned.Table.DisplayName)}, unknown),
                        hint = pg_catalog.format('Write it anew against a database with these partitions. Or, where the column is there already, make them ready and run it again: %s', builds);
                end if;
            end
            """;
        return new PlanStep("each partition that has rows has its index by now", $"do {Quote.Dollar(body)}");
    }
}
