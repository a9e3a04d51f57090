using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Migrations;

/// <summary>Plans what a migration is to do: what a run would do, in order, as if each part before had run.</summary>
public static class MigrationPlanner
{
    /// <summary>The plan that makes tables keep tenants apart.</summary>
    /// <param name="database">The database.</param>
    /// <param name="tables">The tables.</param>
    /// <param name="request">What is asked of each.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException">What <see cref="EnablePlanner"/> throws.</exception>
    public static async Task<MigrationPlan?> PlanAsync(
        TenantDatabase database, IReadOnlyList<TableInfo> tables, EnableRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(tables);
        if (tables.Count == 0)
        {
            return null;
        }

        var assumed = Assumptions.None;
        var installed = await database.FindInstallationAsync(cancellationToken).ConfigureAwait(false);
        if (installed is null)
        {
            // The first table tells the type of tenants.
            var first = await EnablePlanner.PlanAsync(database, tables[0], request, cancellationToken: cancellationToken).ConfigureAwait(false);
            assumed = new Assumptions(first.Installation, []);
        }

        var parts = new List<(Plan, string?)>();
        var seen = new HashSet<uint>();
        foreach (var table in tables)
        {
            var planned = await EnablePlanner.PlanAsync(database, table, request, assumed, cancellationToken).ConfigureAwait(false);
            if (seen.Add(planned.Table.Oid))
            {
                parts.Add((planned.Plan, planned.Table.QuotedName));
                assumed = planned.After(assumed);
            }
        }

        return new MigrationPlan(installed ?? assumed.Installation!, installed is null, parts);
    }
}
