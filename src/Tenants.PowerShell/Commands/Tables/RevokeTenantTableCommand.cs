using System.Management.Automation;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Plans;

namespace Tenants.Commands;

/// <summary>Takes a shared table back: tenants' SQL may not use it any more.</summary>
[Cmdlet(VerbsSecurity.Revoke, "TenantTable", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.Medium, DefaultParameterSetName = DeclarationInput.ByTable)]
public sealed class RevokeTenantTableCommand : PlanCmdlet
{
    /// <summary>The tables; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = DeclarationInput.ByTable, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Table { get; set; } = [];

    /// <summary>A declaration's file, such as <c>./tenancy.psd1</c>; the shared tables that it names are taken back. Wildcards mean nothing in the path.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DeclarationInput.ByDeclaration)]
    [ValidateNotNullOrEmpty]
    public string? Declaration { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();
        if (Declaration is not null)
        {
            foreach (var shared in (await this.ReadStandingAsync(database, Declaration, StopToken)).SharedTables)
            {
                await ForTableAsync(shared.Table, table => RevokeAsync(database, table));
            }

            return;
        }

        foreach (var name in Table)
        {
            await ForEachTableAsync(database, name, table => RevokeAsync(database, table));
        }
    }

    private async Task RevokeAsync(TenantDatabase database, TableInfo table)
    {
        var plan = await SharedTablePlanner.RevokeAsync(database, table, StopToken);
        await ApplyAsync(database, plan, "Take back from all tenants", $"{table.DisplayName} is not shared.");
    }
}
