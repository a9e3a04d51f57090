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
[Cmdlet(VerbsLifecycle.Disable, "TenantRls", SupportsShouldProcess = true, ConfirmImpact = ConfirmImpact.High, DefaultParameterSetName = DeclarationInput.ByTable)]
[OutputType(typeof(TenantRls))]
public sealed class DisableTenantRlsCommand : RolloutCmdlet
{
    /// <summary>The tables: <c>todo_item</c>, <c>app.todo_item</c>, <c>"Order Items"</c>, or with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = DeclarationInput.ByTable, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Table { get; set; } = [];

    /// <summary>A declaration's file, such as <c>./tenancy.psd1</c>; its tables are opened, the last first. What it shares stays shared. Wildcards mean nothing in the path.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DeclarationInput.ByDeclaration)]
    [ValidateNotNullOrEmpty]
    public string? Declaration { get; set; }

    /// <summary>The schema of names that give none; else the connection's.</summary>
    [Parameter(ParameterSetName = DeclarationInput.ByTable, ValueFromPipelineByPropertyName = true)]
    public string? Schema { get; set; }

    /// <summary>Drop the tenant column too, with what it holds.</summary>
    [Parameter]
    public SwitchParameter RemoveColumn { get; set; }

    /// <summary>The column that -RemoveColumn drops. Unless given: the one that keeps tenants apart, and no other. One that was left behind must be named, and its table too.</summary>
    [Parameter(ParameterSetName = DeclarationInput.ByTable)]
    [ValidateNotNullOrEmpty]
    public string? Column { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        EnsureOnline();
        if (Column is not null && !RemoveColumn)
        {
            throw new TenantException("RemoveColumnNeeded", TenantErrorKind.InvalidArgument, "-Column says which column is dropped: give -RemoveColumn too.");
        }

        var database = await GetDatabaseAsync();
        if (Declaration is not null)
        {
            foreach (var declared in (await this.ReadStandingAsync(database, Declaration, StopToken)).Tables.Reverse())
            {
                await ForTableAsync(declared.Table, table => DisableAsync(database, table, isWildcard: false, declared.Declared.Column));
            }

            return;
        }

        foreach (var name in Table)
        {
            var isWildcard = WildcardPattern.ContainsWildcardCharacters(name);
            await ForEachTableAsync(database, name, table => DisableAsync(database, table, isWildcard, Column), Schema);
        }
    }

    private async Task DisableAsync(TenantDatabase database, TableInfo table, bool isWildcard, string? column)
    {
        var request = new DisableRequest(RemoveColumn, Online) { Column = column, IsNamed = !isWildcard && Declaration is null };
        var (plan, ran) = await TryAsync(database, table, request, isWildcard ? null : Nothing(table, request));
        if (!ran || IsWhatIf || (isWildcard && plan.IsEmpty))
        {
            return;
        }

        foreach (var result in await RlsReader.ReadAsync(database, [table], StopToken))
        {
            WriteObject(result with { Done = [.. plan.Steps.Select(s => s.Purpose)] });
        }
    }

    private async Task<(Plan Plan, bool Ran)> TryAsync(TenantDatabase database, TableInfo table, DisableRequest request, string? nothing)
    {
        for (var attempt = 1; ; attempt++)
        {
            var plan = await DisablePlanner.PlanAsync(database, table, request, StopToken);
            try
            {
                Func<Task>? online = Online ? () => RolloutRunner.RunAsync(database, table, plan, Options(), StopToken) : null;
                return (plan, await ApplyAsync(database, plan, "Keep tenants apart no longer", nothing, online));
            }
            catch (TenantException e) when (attempt == 1 && e.ErrorId == TableChanged)
            {
                WriteVerbose($"Another run changed {table.DisplayName} at the same time. What is left now is planned anew.");
            }
        }
    }

    private static string Nothing(TableInfo table, DisableRequest request) => request.RemoveColumn && request.Column is null
        ? $"{table.DisplayName} does not keep tenants apart and has no column 'tenant': nothing to do. If another column held the tenants, name it: -Column."
        : $"{table.DisplayName} does not keep tenants apart: nothing to do.";
}
