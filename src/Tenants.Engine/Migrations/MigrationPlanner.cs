using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Declarations;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;

namespace Tenants.Engine.Migrations;

/// <summary>Plans what a migration is to do: the steps for tables in use, each part as if those before it had run.</summary>
public static class MigrationPlanner
{
    /// <summary>The plan that makes tables keep tenants apart.</summary>
    /// <param name="database">The database.</param>
    /// <param name="tables">The tables; at least one.</param>
    /// <param name="request">What is asked of each.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException">What <see cref="RolloutPlanner"/> throws.</exception>
    public static async Task<MigrationPlan> PlanAsync(
        TenantDatabase database, IReadOnlyList<TableInfo> tables, EnableRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(tables);
        var assumed = Assumptions.None;
        if (!await IsInstalledAsync(database, cancellationToken).ConfigureAwait(false))
        {
            // The first table tells the type of tenants.
            var first = await RolloutPlanner.PlanAsync(database, tables[0], request, cancellationToken: cancellationToken).ConfigureAwait(false);
            assumed = new Assumptions(first.Installation, []);
        }

        var parts = await MigrationParts.BeginAsync(database, assumed, cancellationToken).ConfigureAwait(false);
        foreach (var table in tables)
        {
            parts.Add(await RolloutPlanner.PlanAsync(database, table, request, assumed: parts.Assumed, cancellationToken: cancellationToken).ConfigureAwait(false), request);
        }

        return parts.ToPlan();
    }

    /// <summary>The plan that brings a database to what was declared: shared tables first, for a policy may read them.</summary>
    /// <param name="database">The database.</param>
    /// <param name="declared">The declaration, held against the database.</param>
    /// <param name="defaultTenant">Whose rows without a tenant become, where the declaration does not say it of a table.</param>
    /// <param name="backfill">What gives each of them its own in place of that.</param>
    /// <param name="force">Share views and make policies even if they open rows to other tenants.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>TableNotFound</c>, and what <see cref="DeclarationPlanner"/> and <see cref="RolloutPlanner"/> throw.</exception>
    public static async Task<MigrationPlan> PlanAsync(
        TenantDatabase database, ResolvedDeclaration declared, string? defaultTenant, string? backfill, bool force, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(declared);
        declared.EnsureComplete();
        var assumed = Assumptions.None;
        var isInstalled = await IsInstalledAsync(database, cancellationToken).ConfigureAwait(false);
        if (!isInstalled)
        {
            var (_, installation) = await InitializePlanner.PlanAsync(database, declared.TenantType, cancellationToken: cancellationToken).ConfigureAwait(false);
            assumed = new Assumptions(installation, []);
        }

        var parts = await MigrationParts.BeginAsync(database, assumed, cancellationToken).ConfigureAwait(false);
        foreach (var shared in declared.SharedTables)
        {
            parts.Add(await DeclarationPlanner.PlanAsync(database, shared, force, parts.Assumed, cancellationToken).ConfigureAwait(false));
        }

        foreach (var table in declared.Tables)
        {
            var request = table.Request is { DefaultTenant: null, Backfill: null } open ? open with { DefaultTenant = defaultTenant, Backfill = backfill } : table.Request;
            var enabling = await PlanDeclaredAsync(database, table, request, isInstalled, force, parts.Assumed, cancellationToken).ConfigureAwait(false);
            parts.Add(enabling, request);
        }

        return parts.ToPlan();
    }

    // Whoever is no admin hears that, and not which table of the module he may not read.
    private static async Task<bool> IsInstalledAsync(TenantDatabase database, CancellationToken cancellationToken)
    {
        if (await database.FindInstallationAsync(cancellationToken).ConfigureAwait(false) is not { } installed)
        {
            return false;
        }

        await database.UseAsync(c => AdminRight.CheckAsync(c, installed, cancellationToken), cancellationToken).ConfigureAwait(false);
        return true;
    }

    private static async Task<EnablePlan> PlanDeclaredAsync(
        TenantDatabase database, ResolvedTable table, EnableRequest request, bool isInstalled, bool force, Assumptions assumed, CancellationToken cancellationToken)
    {
        try
        {
            var enabling = await RolloutPlanner.PlanAsync(database, table.Table, request, assumed: assumed, cancellationToken: cancellationToken).ConfigureAwait(false);
            var planned = await database.UseAsync(
                c => new DeclaredPolicies(c, enabling, isInstalled, table, force).AddAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
            return planned.Enabling;
        }
        catch (TenantException e)
        {
            throw e.At(table.Source, table.Declared.Line);
        }
    }
}
