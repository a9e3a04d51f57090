using System.Management.Automation;

namespace Tenants.Commands;

/// <summary>Makes what lies in the database: the module's schema, its roles, the registry of tenants. The first Enable-TenantRls does it by itself.</summary>
[Cmdlet(VerbsData.Initialize, "TenantDatabase", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium)]
public sealed class InitializeTenantDatabaseCommand : PlanCmdlet
{
    /// <summary>The type of tenant identifiers, fixed from then on. Unless given: text.</summary>
    [Parameter(Position = 0)]
    public TenantIdType? TenantType { get; set; }

    /// <summary>The name of the module's schema.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string SchemaName { get; set; } = "tenants";

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();
        await InitializeAsync(database, TenantType, SchemaName, $"'{database.Database}' is ready for tenants already: nothing to do.");
    }
}
