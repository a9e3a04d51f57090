using Tenants.Engine.Catalog;
using Tenants.Engine.Declarations;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Comparing;

/// <summary>What a declaration names that is not there, or not yet.</summary>
internal static class DeclarationComparer
{
    /// <summary>Declared tables that the database does not have; left out where the comparison is of named tables only.</summary>
    public static IEnumerable<TenantRlsDifference> Missing(ResolvedDeclaration? declared, IReadOnlyCollection<TableInfo>? named) =>
        named is not null || declared is null
            ? []
            : declared.Missing.Select(m => new TenantRlsDifference
            {
                Table = m.Table,
                Kind = TenantRlsDifferenceKind.TableMissing,
                Severity = TenantRlsSeverity.Error,
                Name = m.Table,
                Expected = m.IsShared ? "a shared table" : "a table that keeps tenants apart",
                Description = m.Error.Message,
            });

    /// <summary>What is declared of a database that has no tenants yet, and all of it is missing: shared tables, tables, their policies.</summary>
    public static IEnumerable<TenantRlsDifference> Open(ResolvedDeclaration? declared, IReadOnlyCollection<TableInfo>? named)
    {
        bool IsCompared(TableInfo table) => named is null || named.Any(n => n.Oid == table.Oid);
        return declared is null
            ? []
            :
            [
                .. declared.SharedTables.Where(s => IsCompared(s.Table)).Select(s => Open(
                    s.Table, s.Source, TenantRlsDifferenceKind.SharingChanged, $"shared: {string.Join(", ", SharedCandidate.Rights(s.Declared.Writable))}", "is declared as shared, and is not shared yet")),
                .. declared.Tables.Where(t => IsCompared(t.Table)).SelectMany(t => Policies(t).Prepend(Open(
                    t.Table, t.Source, TenantRlsDifferenceKind.TableWithoutTenancy, "a table that keeps tenants apart", "is declared, and keeps no tenants apart yet"))),
            ];
    }

    private static IEnumerable<TenantRlsDifference> Policies(ResolvedTable table) => table.Declared.Policies.Select(p => Open(
        table.Table, table.Source, TenantRlsDifferenceKind.PolicyMissing, null, $"lacks the policy {p.Name}, which is declared") with
    {
        Name = p.Name,
    });

    private static TenantRlsDifference Open(TableInfo table, string source, TenantRlsDifferenceKind kind, string? expected, string what) => new()
    {
        Table = table.DisplayName,
        Kind = kind,
        Severity = TenantRlsSeverity.Error,
        Expected = expected,
        Description = $"{table.DisplayName} {what}.",
        Command = $"Enable-TenantRls -Declaration {TableCheck.PowerShellText(source)}",
    };

    /// <summary>A table that keeps tenants apart without being declared; null where it is, or there is no declaration.</summary>
    public static TenantRlsDifference? Undeclared(ComparedTable table) => !table.IsUndeclared ? null : DifferenceFactory.Of(
        table,
        table.Root,
        TenantRlsDifferenceKind.TableNotDeclared,
        TenantRlsSeverity.Warning,
        $"{table.Root.DisplayName} keeps tenants apart, and is not declared: declare it, or take that back.") with
    {
        Actual = "a table that keeps tenants apart",
        Command = $"Disable-TenantRls {TableCheck.PowerShellText(table.Root.DisplayName)}",
    };
}
