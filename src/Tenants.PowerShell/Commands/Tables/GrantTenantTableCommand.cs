using System.Management.Automation;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Declarations;
using Tenants.Engine.Plans;

namespace Tenants.Commands;

/// <summary>Shares a table without tenants (country, plan), so that tenants' SQL can read and join it.</summary>
[Cmdlet(VerbsSecurity.Grant, "TenantTable", SupportsShouldProcess = true, DefaultParameterSetName = DeclarationInput.ByTable)]
[OutputType(typeof(TenantSharedTable))]
public sealed class GrantTenantTableCommand : PlanCmdlet
{
    /// <summary>The tables; wildcards are allowed.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = DeclarationInput.ByTable, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Table { get; set; } = [];

    /// <summary>A declaration's file, such as <c>./tenancy.psd1</c>; the shared tables that it names are shared as it says. Wildcards mean nothing in the path.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DeclarationInput.ByDeclaration)]
    [ValidateNotNullOrEmpty]
    public string? Declaration { get; set; }

    /// <summary>Tenants' SQL may write it too: every tenant writes the same rows.</summary>
    [Parameter(ParameterSetName = DeclarationInput.ByTable)]
    public SwitchParameter Writable { get; set; }

    /// <summary>Writes what is shared now.</summary>
    [Parameter]
    public SwitchParameter PassThru { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();
        if (Declaration is not null)
        {
            var declared = await this.ReadStandingAsync(database, Declaration, StopToken);
            foreach (var shared in declared.SharedTables)
            {
                await ForTableAsync(shared.Table, _ => ShareAsync(database, shared));
            }

            return;
        }

        foreach (var name in Table)
        {
            await ForEachTableAsync(database, name, async table => await ShareAsync(
                database, await SharedTablePlanner.GrantAsync(database, table, Writable, Force, StopToken), table, Writable));
        }
    }

    private async Task ShareAsync(TenantDatabase database, ResolvedSharedTable shared) => await ShareAsync(
        database, await DeclarationPlanner.PlanAsync(database, shared, Force, cancellationToken: StopToken), shared.Table, shared.Declared.Writable);

    private async Task ShareAsync(TenantDatabase database, Plan plan, TableInfo table, bool writable)
    {
        var how = writable ? "to read and write" : "to read";
        var nothing = $"{table.DisplayName} is shared {how} already.";
        if (await ApplyAsync(database, plan, $"Share {how} with all tenants", nothing) && PassThru && !IsWhatIf)
        {
            WriteObject(new TenantSharedTable(table.DisplayName, writable));
        }
    }
}
