using System.Management.Automation;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Declarations;
using Tenants.Engine.Plans;

namespace Tenants.Commands;

/// <summary>
/// Makes tables keep tenants apart. Brings each to: a tenant column, NOT NULL, with the session's tenant as its default; an index
/// that leads with it; the rights of tenants' SQL; the policies and row security, forced. What is there already stays as it is.
/// </summary>
[Cmdlet(VerbsLifecycle.Enable, "TenantRls", SupportsShouldProcess = true, DefaultParameterSetName = DeclarationInput.ByTable)]
[OutputType(typeof(TenantRls))]
public sealed class EnableTenantRlsCommand : PlanCmdlet
{
    // Somebody else made the same at the same time: a column, a policy, a role, a name, a row of the catalog.
    private static readonly string[] s_raced = ["42701", "42710", "42P07", "23505", "XX000", "40001", "40P01"];

    private Assumptions _assumed = Assumptions.None;

    /// <summary>The tables: <c>todo_item</c>, <c>app.todo_item</c>, <c>"Order Items"</c>, or with wildcards.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = DeclarationInput.ByTable, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    public string[] Table { get; set; } = [];

    /// <summary>A declaration's file, such as <c>./tenancy.psd1</c>; all that it says is made: the database is initialised, tables are shared, enabled, and given their policies. What stands beside that is not dropped. Wildcards mean nothing in the path.</summary>
    [Parameter(Mandatory = true, ParameterSetName = DeclarationInput.ByDeclaration)]
    [ValidateNotNullOrEmpty]
    public string? Declaration { get; set; }

    /// <summary>The schema of names that give none; else the connection's.</summary>
    [Parameter(ParameterSetName = DeclarationInput.ByTable, ValueFromPipelineByPropertyName = true)]
    public string? Schema { get; set; }

    /// <summary>The tenant column. Unless given: the one that the table has for it, else <c>tenant</c>.</summary>
    [Parameter(ParameterSetName = DeclarationInput.ByTable, ValueFromPipelineByPropertyName = true)]
    [AllowNull]
    public string? Column { get; set; }

    /// <summary>Whose the rows become that have no tenant. What a declaration says of a table goes before it.</summary>
    [Parameter]
    public string? DefaultTenant { get; set; }

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        var database = await GetDatabaseAsync();
        if (Declaration is not null)
        {
            await EnableDeclaredAsync(database, Declaration);
            return;
        }

        foreach (var name in Table)
        {
            var isWildcard = WildcardPattern.ContainsWildcardCharacters(name);
            await ForEachTableAsync(database, name, table => EnableAsync(database, table, isWildcard), Schema);
        }
    }

    private async Task EnableAsync(TenantDatabase database, TableInfo table, bool isWildcard)
    {
        if (isWildcard && await IsSharedAsync(database, table))
        {
            WriteVerbose($"{table.DisplayName} is a shared table and is left as it is.");
            return;
        }

        var request = new EnableRequest(string.IsNullOrEmpty(Column) ? null : Column, DefaultTenant);
        await EnableAsync(database, table, request, assumed => EnablePlanner.PlanAsync(database, table, request, assumed, StopToken));
    }

    // All that was declared: the database first, then what is shared, for a policy may read it.
    private async Task EnableDeclaredAsync(TenantDatabase database, string path)
    {
        var declared = await this.ReadDeclarationAsync(database, path, StopToken);
        declared.EnsureComplete();
        var (initialize, installation) = await InitializePlanner.PlanAsync(database, declared.TenantType, cancellationToken: StopToken);
        if (!await InitializeAsync(database, declared.TenantType) && !IsWhatIf)
        {
            return;
        }

        _assumed = IsWhatIf && !initialize.IsEmpty ? new Assumptions(installation, []) : _assumed;
        foreach (var shared in declared.SharedTables)
        {
            await ForTableAsync(shared.Table, async table =>
            {
                var plan = await DeclarationPlanner.PlanAsync(database, shared, Force, _assumed, StopToken);
                await ApplyAsync(database, plan, "Share with all tenants", $"{table.DisplayName} is shared so already.");
            });
        }

        foreach (var table in declared.Tables.Select(WithDefaultTenant))
        {
            await ForTableAsync(table.Table, info => EnableAsync(
                database, info, table.Request, async assumed => (await DeclarationPlanner.PlanAsync(database, table, Force, assumed, StopToken)).Enabling));
        }
    }

    private ResolvedTable WithDefaultTenant(ResolvedTable table) => table.Declared is { DefaultTenant: null, Backfill: null }
        ? table with { Declared = table.Declared with { DefaultTenant = DefaultTenant } }
        : table;

    private async Task EnableAsync(TenantDatabase database, TableInfo table, EnableRequest request, Func<Assumptions, Task<EnablePlan>> plan)
    {
        var (planned, ran) = await TryAsync(database, table, plan);
        if (!ran)
        {
            return;
        }

        foreach (var result in await RlsReader.ReadAsync(database, [planned.Table], _ => request, StopToken))
        {
            WriteObject(result with { Done = [.. planned.Plan.Steps.Select(s => s.Purpose)] });
        }
    }

    private async Task<(EnablePlan Planned, bool Ran)> TryAsync(TenantDatabase database, TableInfo table, Func<Assumptions, Task<EnablePlan>> plan)
    {
        for (var attempt = 1; ; attempt++)
        {
            var planned = await plan(_assumed);
            try
            {
                var ran = await ApplyAsync(database, planned.Plan, "Keep tenants apart", $"{planned.Table.DisplayName} keeps tenants apart already: nothing to do.");
                if (IsWhatIf)
                {
                    _assumed = planned.After(_assumed);
                    return (planned, false);
                }

                return (planned, ran);
            }
            catch (TenantException e) when (attempt == 1 && s_raced.Contains(e.SqlState))
            {
                WriteVerbose($"Somebody else changed {table.DisplayName} at the same time. What is missing now is planned anew.");
            }
        }
    }

    private async Task<bool> IsSharedAsync(TenantDatabase database, TableInfo table) =>
        (await RlsReader.ReadAsync(database, [table], StopToken)).Any(t => t.State == TenantRlsState.Shared);
}
