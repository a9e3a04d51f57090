using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Migrations;

/// <summary>Makes migrations of plans: one of each transaction.</summary>
internal static class MigrationUnits
{
    /// <summary>The migrations of one plan.</summary>
    /// <param name="installation">What the database holds, or will.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="quotedTable">The table whose tenants it keeps apart, as SQL names it; null for another plan.</param>
    public static IEnumerable<MigrationUnit> Of(Installation installation, Plan plan, string? quotedTable)
    {
        // Asked for wherever the table is enforced: who owns it where the migration runs need not be an admin, as here he may be.
        var isBlind = plan.Steps.Any(s => s.Mends == TenantRlsDifferenceKind.OwnerBlind);
        var needsOwner = quotedTable is not null;
        foreach (var unit in plan.Units)
        {
            var up = new List<MigrationStatement>();
            var down = new List<MigrationStatement>();
            var isTimed = unit.InTransaction && IsTimed(unit);
            var isHeld = false;
            foreach (var step in unit.Steps)
            {
                if (needsOwner && (Enforces(step) || step.Mends == TenantRlsDifferenceKind.OwnerBlind))
                {
                    needsOwner = false;
                    up.Add(OwnerStatement.Grant(installation, quotedTable!));
                    if (isBlind)
                    {
                        down.Insert(0, OwnerStatement.Revoke(installation, quotedTable!));
                    }
                }

                if (step.Mends == TenantRlsDifferenceKind.OwnerBlind && quotedTable is not null)
                {
                    continue;
                }

                if (isTimed && !isHeld && step.Lock >= LockLevel.Share)
                {
                    up.Add(new MigrationStatement("from here on others wait", UnitLimits.Begin));
                    isHeld = true;
                }
                else if (isTimed && isHeld && IsRowWork(step))
                {
                    up.Add(new MigrationStatement("what is left of the two seconds that they wait", UnitLimits.Rest));
                }

                up.Add(Statement(installation, step.Purpose, step.Up));
                if (step.Down is { } undo)
                {
                    down.Insert(0, Statement(installation, $"undoes: {step.Purpose}", undo));
                }
            }

            yield return new MigrationUnit(plan.Target, MigrationTopic.Of(unit), unit.InTransaction, up, down)
            {
                Blocks = unit.Steps.Where(s => s.Lock >= LockLevel.Share).Select(s => s.LockedTable!).ToHashSet(),
                Rows = unit.Steps.Max(Work),
            };
        }
    }

    private static MigrationStatement Statement(Installation installation, string purpose, string sql) =>
        new(OneLine(purpose), RunTimeRoles.Of(installation, sql.TrimEnd().TrimEnd(';')));

    /// <summary>A text that may stand in a comment: a name can hold a line's end.</summary>
    internal static string OneLine(string text) => string.Concat(text.Select(c => char.IsControl(c) || c is '\u2028' or '\u2029' ? ' ' : c));

    // Rows are looked for while others wait: few, but there is no telling how long an expression over them takes.
    private static bool IsTimed(PlanUnit unit) => unit.Steps.SkipWhile(s => s.Lock < LockLevel.Share).Any(IsRowWork);

    private static bool IsRowWork(PlanStep step) => step.Lock is LockLevel.AccessShare or LockLevel.RowExclusive;

    private static RowWork Work(PlanStep step) => step switch
    {
        { Backfill: not null } => RowWork.Writes,
        { Mends: TenantRlsDifferenceKind.RowsWithoutTenant } => RowWork.Reads,
        _ => step.Up.Contains(" validate constraint ", StringComparison.Ordinal) ? RowWork.Reads : RowWork.None,
    };

    private static bool Enforces(PlanStep step) => step.Mends is TenantRlsDifferenceKind.PolicyMissing or TenantRlsDifferenceKind.PolicyChanged
        or TenantRlsDifferenceKind.RowSecurityOff or TenantRlsDifferenceKind.ForceOff;
}
