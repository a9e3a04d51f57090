using System.Management.Automation;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;

namespace Tenants.Commands;

/// <summary>
/// Ends that tables keep tenants apart: drops the module's policies, row security, the column's default and the rights of tenants'
/// SQL. The tenant column, its index and all data stay, unless -RemoveColumn is given. Asks first.
/// </summary>
[Cmdlet(VerbsLifecycle.Disable, "TenantRls", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High)]
[OutputType(typeof(TenantRls))]
public sealed class DisableTenantRlsCommand : RolloutCmdlet
{
    /// <summary>The tables: <c>todo_item</c>, <c>app.todo_item</c>, <c>"Order Items"</c>, or with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Table { get; set; } = [];

    /// <summary>The schema of names that give none; else the connection's.</summary>
    [Parameter(ValueFromPipelineByPropertyName = true)]
    public string? Schema { get; set; }

    /// <summary>Drop the tenant column too, with what it holds.</summary>
    [Parameter]
    public SwitchParameter RemoveColumn { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        EnsureOnline();
        var database = await GetDatabaseAsync();
        foreach (var name in Table)
        {
            var isWildcard = WildcardPattern.ContainsWildcardCharacters(name);
            await ForEachTableAsync(database, name, table => DisableAsync(database, table, isWildcard), Schema);
        }
    }

    private async Task DisableAsync(TenantDatabase database, TableInfo table, bool isWildcard)
    {
        var plan = await DisablePlanner.PlanAsync(database, table, RemoveColumn, Online, StopToken);
        if (isWildcard && plan.IsEmpty)
        {
            return;
        }

        Func<Task>? online = Online ? () => RolloutRunner.RunAsync(database, table, plan, Options(), StopToken) : null;
        if (!await ApplyAsync(database, plan, "Keep tenants apart no longer", $"{table.DisplayName} does not keep tenants apart: nothing to do.", online) || IsWhatIf)
        {
            return;
        }

        foreach (var result in await RlsReader.ReadAsync(database, [table], StopToken))
        {
            WriteObject(result with { Done = [.. plan.Steps.Select(s => s.Purpose)] });
        }
    }
}
