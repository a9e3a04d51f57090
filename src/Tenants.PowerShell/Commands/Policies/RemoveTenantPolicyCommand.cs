using System.Management.Automation;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Plans;

namespace Tenants.Commands;

/// <summary>Drops a policy that New-TenantPolicy or somebody else made. The module's own go with Disable-TenantRls.</summary>
[Cmdlet(VerbsCommon.Remove, "TenantPolicy", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = DeclarationInput.ByTable)]
public sealed class RemoveTenantPolicyCommand : PlanCmdlet
{
    /// <summary>The table.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DeclarationInput.ByTable, Position = 0, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Table { get; set; } = [];

    /// <summary>A declaration's file, such as <c>./tenancy.psd1</c>; the policies that it names are dropped. Wildcards mean nothing in the path.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DeclarationInput.ByDeclaration)]
    [ValidateNotNullOrEmpty]
    public string? Declaration { get; set; }

    /// <summary>The policies' names, to the letter.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DeclarationInput.ByTable, Position = 1, ValueFromPipelineByPropertyName = true)]
    [ValidateNotNullOrEmpty]
    public string[] Name { get; set; } = [];

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();
        if (Declaration is not null)
        {
            foreach (var declared in (await this.ReadStandingAsync(database, Declaration, StopToken)).Tables)
            {
                foreach (var policy in declared.Declared.Policies)
                {
                    await ForTableAsync(declared.Table, table => RemoveAsync(database, table, policy.Name));
                }
            }

            return;
        }

        foreach (var tableName in Table)
        {
            foreach (var policy in Name)
            {
                await ForEachTableAsync(database, tableName, table => RemoveAsync(database, table, policy));
            }
        }
    }

    private async Task RemoveAsync(TenantDatabase database, TableInfo table, string policy)
    {
        var plan = await PolicyPlanner.RemoveAsync(database, table, policy, StopToken);
        await ApplyAsync(database, plan, "Drop the policy", "");
    }
}
