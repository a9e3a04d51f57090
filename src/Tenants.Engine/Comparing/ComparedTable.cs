using Tenants.Engine.Catalog;
using Tenants.Engine.Declarations;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Comparing;

/// <summary>A table that is compared, and what it is compared with.</summary>
/// <param name="Family">The table with all under it.</param>
/// <param name="Request">What it ought to be.</param>
/// <param name="Declared">What the declaration says of it; null where there is none, or it says nothing.</param>
/// <param name="IsWanted">Somebody says that it keeps tenants apart: it was declared or named.</param>
internal sealed record ComparedTable(TableFamily Family, EnableRequest Request, ResolvedTable? Declared, bool IsWanted)
{
    /// <summary>There is a declaration, and it says nothing of the table.</summary>
    public bool IsUndeclared { get; init; }

    /// <summary>The table itself.</summary>
    public TableState Root => Family.Root;

    /// <summary>The name of the tenant column, there or not.</summary>
    public string Column => Root.Column?.Name ?? Request.Column ?? TenantTables.DefaultColumn;

    /// <summary>The command that makes it what it ought to be.</summary>
    public string EnableCommand => Declared is { } declared
        ? $"Enable-TenantRls -Declaration {TableCheck.PowerShellText(declared.Source)}"
        : $"Enable-TenantRls {TableCheck.PowerShellText(Root.DisplayName)}";

    /// <summary>Nothing keeps its rows apart: no policy of the module, and row security is off.</summary>
    public static bool IsBare(TableState member) => member is { IsEnabled: false, IsForced: false } && !member.Policies.Any(p => p.IsOwn);
}
