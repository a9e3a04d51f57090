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

    /// <summary>Declared tables of a database that has no tenants yet: none of them keeps any apart.</summary>
    public static IEnumerable<TenantRlsDifference> Open(ResolvedDeclaration? declared, IReadOnlyCollection<TableInfo>? named) =>
        (declared?.Tables ?? []).Where(t => named is null || named.Any(n => n.Oid == t.Table.Oid)).Select(t => new TenantRlsDifference
        {
            Table = t.Table.DisplayName,
            Kind = TenantRlsDifferenceKind.TableWithoutTenancy,
            Severity = TenantRlsSeverity.Error,
            Expected = "a table that keeps tenants apart",
            Description = $"{t.Table.DisplayName} is declared, and keeps no tenants apart yet.",
            Command = $"Enable-TenantRls -Declaration {TableCheck.PowerShellText(t.Source)}",
        });

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
