using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>Plans the way back: what the module made goes, roles included; tenant columns and their data stay.</summary>
public static class UninstallPlanner
{
    /// <summary>The plan; empty where the database was not initialised.</summary>
    /// <param name="database">The database.</param>
    /// <param name="disableTables">Open the tenant tables too; otherwise they stand in the way.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>TablesEnabled</c>: tables are kept apart and would be open to all.</exception>
    public static async Task<Plan> PlanAsync(TenantDatabase database, bool disableTables, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        await database.ForgetInstallationAsync().ConfigureAwait(false);
        if (await database.FindInstallationAsync(cancellationToken).ConfigureAwait(false) is not { } installation)
        {
            return new Plan(database.Database, []);
        }

        return await database.UseAsync(
            async connection =>
            {
                var tables = await TenantTables.ListAsync(connection, installation, cancellationToken).ConfigureAwait(false);
                if (tables.Count > 0 && !disableTables)
                {
                    throw StillEnabled(database, tables);
                }

                var opening = await TableOpening.StepsAsync(connection, installation, tables, cancellationToken).ConfigureAwait(false);
                var roles = await RoleRemoval.PlanAsync(connection, installation, cancellationToken).ConfigureAwait(false);
                return new Plan(database.Database, [.. opening, .. SchemaSteps(installation), .. roles.Steps])
                {
                    ChangesInstallation = true,
                    Warnings = [.. Warnings(tables), .. roles.Warnings],
                };
            },
            cancellationToken).ConfigureAwait(false);
    }

    private static IEnumerable<PlanStep> SchemaSteps(Installation installation)
    {
        // First without CASCADE: a view or function of somebody else's that calls it is an error, not a victim.
        yield return new PlanStep("nothing else may call it", $"drop function {installation.QuotedSchema}.current_tenant()");
        yield return new PlanStep("no notice of what lies in it", "set local client_min_messages = warning");
        yield return new PlanStep("registry, logins and keys", $"drop schema {installation.QuotedSchema} cascade");
    }

    private static IEnumerable<string> Warnings(IReadOnlyList<TenantTable> tables)
    {
        if (tables.Count > 0)
        {
            yield return $"These tables will no longer keep tenants apart: {string.Join(", ", tables.Select(t => t.DisplayName))}. Their tenant columns and rows stay.";
        }
    }

    private static TenantException StillEnabled(TenantDatabase database, IReadOnlyList<TenantTable> tables) => new(
        "TablesEnabled",
        TenantErrorKind.InvalidState,
        $"'{database.Database}' has tables that keep tenants apart: {string.Join(", ", tables.Select(t => t.DisplayName))}. Disable-TenantRls opens them one by one; Uninstall-TenantDatabase -Force opens them all. Their tenant columns and rows stay.")
    {
        Target = database.Database,
    };
}
