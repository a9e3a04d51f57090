using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;
using Tenants.Engine.Sql;
using Tenants.Engine.Tenants;

namespace Tenants.Engine.Migrations;

/// <summary>The parts of a migration's plan, as they come.</summary>
internal sealed class MigrationParts
{
    private readonly Installation _installation;
    private readonly bool _initializes;
    private readonly List<(Plan Plan, string? QuotedTable)> _parts = [];
    private readonly HashSet<uint> _tables = [];
    private readonly HashSet<string> _registered = new(StringComparer.Ordinal);

    private MigrationParts(Installation installation, bool initializes, Assumptions assumed)
    {
        _installation = installation;
        _initializes = initializes;
        Assumed = assumed;
    }

    /// <summary>What the parts so far would have made.</summary>
    public Assumptions Assumed { get; private set; }

    /// <summary>Begins, with nothing yet.</summary>
    public static async Task<MigrationParts> BeginAsync(TenantDatabase database, Assumptions assumed, CancellationToken cancellationToken)
    {
        var installed = await database.FindInstallationAsync(cancellationToken).ConfigureAwait(false);
        return new MigrationParts(installed ?? assumed.Installation!, installed is null, assumed);
    }

    /// <summary>Adds a plan that enables no table.</summary>
    public void Add(Plan plan) => _parts.Add((plan, null));

    /// <summary>Adds the plan of a table; the second of the same table is the first one's again.</summary>
    public void Add(EnablePlan planned, EnableRequest request)
    {
        if (!_tables.Add(planned.Table.Oid))
        {
            return;
        }

        Assumed = planned.After(Assumed);
        _parts.Add((WithTenant(PartitionGuard.Add(planned, WithRest(planned)), request), planned.Table.QuotedName));
    }

    /// <summary>The whole.</summary>
    public MigrationPlan ToPlan() => new(_installation, _initializes, [.. _parts.Where(p => !p.Plan.IsEmpty)]);

    // What a rollout has prepared here is not there where the migration runs.
    private static Plan WithRest(EnablePlan planned)
    {
        var table = planned.Table.DisplayName;
        var drop = $"drop trigger {Quote.Identifier(FillTrigger.Name)} ";
        bool Does(Func<PlanStep, string?> way) => planned.Plan.Steps.Any(s => way(s)?.StartsWith(drop, StringComparison.Ordinal) == true && s.LockedTable == planned.Table.QuotedName);
        return !Does(s => s.Up) || Does(s => s.Down)
            ? planned.Plan
            : planned.Plan with
            {
                Warnings =
                [
                    .. planned.Plan.Warnings,
                    $"A rollout of {table} is under way in this database: the migration holds only what is left of it, and fails where it was not prepared. For a migration of the whole take it back first: Disable-TenantRls {TableCheck.PowerShellText(table)} -Online -RemoveColumn.",
                ],
            };
    }

    // A tenant that is registered here need not be where the migration runs.
    private Plan WithTenant(Plan plan, EnableRequest request)
    {
        if (request.DefaultTenant is null || plan.Steps.All(s => s.Backfill is null))
        {
            return plan;
        }

        var tenant = TenantId.Parse(request.DefaultTenant, _installation.TenantType).Value;
        var isNew = _registered.Add(tenant);
        return isNew && plan.Steps.All(s => s.Mends != TenantRlsDifferenceKind.TenantMissing)
            ? plan with { Steps = [EnableSteps.Register(_installation, tenant), .. plan.Steps.Select((s, i) => i == 0 && s.Scope == StepScope.First ? s with { Scope = StepScope.Shared } : s)] }
            : plan;
    }
}
