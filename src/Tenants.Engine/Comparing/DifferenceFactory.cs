using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Comparing;

/// <summary>Makes differences, with the steps that mend them.</summary>
internal static class DifferenceFactory
{
    /// <summary>A difference of a table, or of a partition or child by itself.</summary>
    public static TenantRlsDifference Of(
        ComparedTable table, TableState member, TenantRlsDifferenceKind kind, TenantRlsSeverity severity, string description, params PlanStep[] mend) =>
        new TenantRlsDifference
        {
            Table = table.Root.DisplayName,
            Partition = member.Oid == table.Root.Oid ? null : member.DisplayName,
            Kind = kind,
            Severity = severity,
            Description = description,
        }.MendedBy(mend);

    /// <summary>The difference with the steps that mend it, in order.</summary>
    public static TenantRlsDifference MendedBy(this TenantRlsDifference difference, IReadOnlyCollection<PlanStep> steps) => steps.Count == 0
        ? difference
        : difference with
        {
            Purpose = string.Join("; ", steps.Select(s => s.Purpose)),
            Mend = string.Join(";\n", steps.Select(s => s.Up.TrimEnd().TrimEnd(';'))),
            Lock = steps.MaxBy(s => s.Lock)!.LockText,
        };
}
