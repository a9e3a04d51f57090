using System.Management.Automation;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Declarations;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;
using Tenants.Hosting;

namespace Tenants.Commands;

/// <summary>
/// Makes tables keep tenants apart. Brings each to: a tenant column, NOT NULL, with the session's tenant as its default; an index
/// that leads with it; the rights of tenants' SQL; the policies and row security, forced. What is there already stays as it is.
/// </summary>
[Cmdlet(VerbsLifecycle.Enable, "TenantRls", SupportsShouldProcess = true, DefaultParameterSetName = DeclarationInput.ByTable)]
[OutputType(typeof(TenantRls))]
public sealed class EnableTenantRlsCommand : RolloutCmdlet
{
    // Somebody else made the same at the same time: a column, a policy, a role, a name, a row of the catalog.
    private static readonly string[] s_raced = ["42701", "42710", "42P07", "23505", "XX000", "40001", "40P01"];

    private Assumptions _assumed = Assumptions.None;

    // Those that the declared table lacks which was planned last.
    private IReadOnlyList<PlanStep> _policies = [];

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

    /// <summary>
    /// What gives each row without a tenant its own, in place of -DefaultTenant: SQL over a row that is named <c>t</c>, or a query
    /// of one value, between braces or as text. <c>{ select a.tenant from account a where a.id = t.account_id }</c>
    /// </summary>
    [Parameter]
    [SqlText]
    [ValidateNotNullOrEmpty]
    public string? Backfill { get; set; }

    /// <summary>
    /// One part of -Online alone: Prepare, after which code that knows of no tenants goes on working, or Enforce. Both unless given.
    /// </summary>
    [Parameter]
    public TenantRolloutPhase? Phase { get; set; }

    /// <summary>The share of its time, in percent, that the filling in of rows pauses: 0 for as fast as it goes. 20 unless given.</summary>
    [Parameter]
    [ValidateRange(0, 95)]
    public int Throttle { get; set; } = 20;

    /// <inheritdoc/>
    protected override async Task ProcessAsync()
    {
        EnsureOnline(nameof(Phase), nameof(Throttle));
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

        var request = new EnableRequest(string.IsNullOrEmpty(Column) ? null : Column, DefaultTenant) { Backfill = Backfill };
        await EnableAsync(database, table, request, assumed => Online
            ? RolloutPlanner.PlanAsync(database, table, request, Phase, assumed, StopToken)
            : EnablePlanner.PlanAsync(database, table, request, assumed, StopToken));
    }

    // All that was declared: the database first, then what is shared, for a policy may read it.
    private async Task EnableDeclaredAsync(TenantDatabase database, string path)
    {
        var declared = await this.ReadDeclarationAsync(database, path, StopToken);
        declared.EnsureComplete();
        var (isReady, assumed) = await InitializeAsync(database, declared.TenantType);
        if (!isReady && !IsWhatIf)
        {
            return;
        }

        _assumed = assumed;
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
            await ForTableAsync(table.Table, info => EnableAsync(database, info, table.Request, assumed => PlanAsync(database, table, assumed)));
        }
    }

    private async Task<EnablePlan> PlanAsync(TenantDatabase database, ResolvedTable table, Assumptions assumed)
    {
        var declared = await DeclarationPlanner.PlanAsync(database, table, Force, assumed, StopToken);
        if (!Online)
        {
            return declared.Enabling;
        }

        _policies = declared.Policies;
        var rollout = await RolloutPlanner.PlanAsync(database, table.Table, table.Request with { Policies = _policies }, Phase, assumed, StopToken);
        return Phase is TenantRolloutPhase.Prepare ? rollout : rollout with
        {
            Plan = rollout.Plan with { Warnings = [.. rollout.Plan.Warnings.Union(declared.Enabling.Plan.Warnings)] },
        };
    }

    private ResolvedTable WithDefaultTenant(ResolvedTable table) => table.Declared is { DefaultTenant: null, Backfill: null }
        ? table with { Declared = table.Declared with { DefaultTenant = DefaultTenant, Backfill = Backfill } }
        : table;

    private async Task EnableAsync(TenantDatabase database, TableInfo table, EnableRequest request, Func<Assumptions, Task<EnablePlan>> plan)
    {
        var (planned, ran) = await TryAsync(database, table, request, plan);
        if (!ran)
        {
            return;
        }

        foreach (var result in await RlsReader.ReadAsync(database, [planned.Table], _ => request, StopToken))
        {
            WriteObject(result with { Done = [.. planned.Plan.Steps.Select(s => s.Purpose)] });
        }
    }

    private async Task<(EnablePlan Planned, bool Ran)> TryAsync(
        TenantDatabase database, TableInfo table, EnableRequest request, Func<Assumptions, Task<EnablePlan>> plan)
    {
        for (var attempt = 1; ; attempt++)
        {
            var planned = await plan(_assumed);
            try
            {
                Func<Task>? online = Online ? () => RunAsync(database, table, request) : null;
                var ran = await ApplyAsync(database, planned.Plan, Action, $"{planned.Table.DisplayName} {(Phase is TenantRolloutPhase.Prepare ? "is prepared" : "keeps tenants apart")} already: nothing to do.", online);
                if (IsWhatIf)
                {
                    _assumed = planned.After(_assumed);
                    return (planned, false);
                }

                return (planned, ran);
            }
            catch (TenantException e) when (attempt == 1 && (s_raced.Contains(e.SqlState) || e.ErrorId == TableChanged))
            {
                WriteVerbose($"Somebody else changed {table.DisplayName} at the same time. What is missing now is planned anew.");
            }
        }
    }

    private async Task RunAsync(TenantDatabase database, TableInfo table, EnableRequest request)
    {
        await RolloutRunner.EnableAsync(database, table, request with { Policies = _policies }, Phase, Options(Throttle), StopToken);
        HideProgress();
    }

    private string Action => Phase switch
    {
        TenantRolloutPhase.Prepare => "Prepare to keep tenants apart",
        TenantRolloutPhase.Enforce => "Enforce that tenants are kept apart",
        _ => "Keep tenants apart",
    };

    private async Task<bool> IsSharedAsync(TenantDatabase database, TableInfo table) =>
        (await RlsReader.ReadAsync(database, [table], StopToken)).Any(t => t.State == TenantRlsState.Shared);
}
