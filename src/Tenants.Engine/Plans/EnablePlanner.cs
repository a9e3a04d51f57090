using Npgsql;
using Tenants.Engine.Audit;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Plans;

/// <summary>Plans what makes a table keep tenants apart; where the database has no tenants yet, that comes first.</summary>
public static class EnablePlanner
{
    /// <summary>The plan; empty where the table lacks nothing.</summary>
    /// <param name="database">The database.</param>
    /// <param name="table">The table.</param>
    /// <param name="request">What is asked of it.</param>
    /// <param name="assumed">What plans before this one, which were only shown, would have made.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException">
    /// <c>TableNotSupported</c>, <c>TableIsShared</c>, <c>ColumnTypeNotSupported</c>, <c>ColumnTypeMismatch</c>, <c>ColumnValuesNotSupported</c>, <c>TenantColumnMismatch</c>,
    /// <c>DefaultTenantRequired</c>, <c>TenantColumnHasNulls</c>, <c>InvalidTenant</c>, <c>TenantClosed</c>, <c>PermissionDenied</c>, and what
    /// <see cref="InitializePlanner"/> throws.
    /// </exception>
    public static Task<EnablePlan> PlanAsync(
        TenantDatabase database, TableInfo table, EnableRequest request, Assumptions? assumed = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(request);
        return database.UseAsync(connection => BuildAsync(database, connection, table, request, assumed ?? Assumptions.None, cancellationToken), cancellationToken);
    }

    private static async Task<EnablePlan> BuildAsync(
        TenantDatabase database, NpgsqlConnection connection, TableInfo table, EnableRequest request, Assumptions assumed, CancellationToken cancellationToken)
    {
        var installed = await database.FindInstallationAsync(cancellationToken).ConfigureAwait(false);
        TableCheck.EnsureSupported(table, installed ?? assumed.Installation);
        if (installed is not null)
        {
            await AdminRight.CheckAsync(connection, installed, cancellationToken).ConfigureAwait(false);
        }

        // Until the database is initialised any names do: nothing in it can carry them.
        var names = installed ?? assumed.Installation ?? new Installation("tenants", 0, TenantIdType.Text, "", "", "");
        var family = await ReadFamilyAsync(connection, names, installed is not null, table, request, cancellationToken).ConfigureAwait(false);
        var type = installed?.TenantType ?? assumed.Installation?.TenantType ?? ColumnCheck.TypeFor(family.Root.Column) ?? TenantIdType.Text;
        ColumnCheck.EnsureFits(family.Root, type);
        ColumnCheck.EnsureSame(family.Root, request.Type, family.Root.IsIsolated(names));
        TableCheck.EnsureOwned(family.Members, database.SessionUser);

        var initialize = Array.Empty<PlanStep>();
        if (installed is null && assumed.Installation is null)
        {
            (var plan, names) = await InitializePlanner.PlanAsync(database, type, cancellationToken: cancellationToken).ConfigureAwait(false);
            initialize = [.. plan.Steps];
            family = await ReadFamilyAsync(connection, names, false, table, request, cancellationToken).ConfigureAwait(false);
        }

        var context = new EnableContext(connection, names, installed is not null, assumed);
        var column = family.Root.Column?.Name ?? request.Column ?? TenantTables.DefaultColumn;
        var (fill, warnings) = await RowPlanner.PlanAsync(context, family.Root, column, request.DefaultTenant, cancellationToken).ConfigureAwait(false);
        var taken = await IndexNames.TakenAsync(connection, [.. family.Members.Select(m => m.Schema).Distinct()], cancellationToken).ConfigureAwait(false);
        PlanStep[] steps = [.. new EnableSteps(names, database.ServerVersion, family, request, column, taken, fill).All()];
        if (steps.Length > 0)
        {
            await GrantCheck.EnsureAsync(context, database, family, cancellationToken).ConfigureAwait(false);
        }

        var root = table.Oid == family.Root.Oid ? table : new TableInfo(family.Root.Oid, family.Root.Schema, family.Root.Name) { Kind = family.Root.Kind };
        if (steps.Length == 0)
        {
            return new EnablePlan(new Plan(root.DisplayName, initialize), root, names);
        }

        var audit = await TableAudit.ReadAsync(connection, names, root.Oid, column, cancellationToken).ConfigureAwait(false);
        return new EnablePlan(
            new Plan(root.DisplayName, [.. initialize, .. steps])
            {
                ChangesInstallation = initialize.Length > 0,
                Warnings = [.. warnings, .. audit.Warnings],
                Questions = audit.Questions,
                Notes = audit.AccessText,
            },
            root,
            names,
            fill is { IsNeeded: true, IsRegistered: false } ? fill.Tenant : null);
    }

    private static async Task<TableFamily> ReadFamilyAsync(
        NpgsqlConnection connection, Installation installation, bool isInstalled, TableInfo table, EnableRequest request, CancellationToken cancellationToken)
    {
        if (isInstalled && (await SharedTables.ListAsync(connection, installation, cancellationToken).ConfigureAwait(false)).Any(s => s.Oid == table.Oid))
        {
            throw new TenantException(
                "TableIsShared",
                TenantErrorKind.InvalidState,
                $"{table.DisplayName} is a shared table, which all tenants read as one. Take that back first: Revoke-TenantTable {TableCheck.PowerShellText(table.DisplayName)}")
            {
                Table = table.DisplayName,
                Target = table.DisplayName,
            };
        }

        var oid = table.IsChild ? await FindRootAsync(connection, installation, table, cancellationToken).ConfigureAwait(false) : table.Oid;
        var standing = (await TableFamilyReader.ReadAsync(connection, installation, [oid], null, cancellationToken).ConfigureAwait(false)).SingleOrDefault()
            ?? throw new TenantException("TableNotFound", TenantErrorKind.NotFound, $"The table {table.DisplayName} is gone.") { Table = table.DisplayName };
        if (request.Column is null || request.Column == standing.Root.Column?.Name)
        {
            return standing;
        }

        if (standing.Root.IsIsolated(installation))
        {
            throw new TenantException(
                "TenantColumnMismatch",
                TenantErrorKind.InvalidState,
                $"{standing.Root.DisplayName} keeps tenants apart by its column '{standing.Root.Column!.Name}', not by '{request.Column}'. Leave -Column away, or run Disable-TenantRls on it first.")
            {
                Table = standing.Root.DisplayName,
                Target = standing.Root.DisplayName,
            };
        }

        return (await TableFamilyReader.ReadAsync(connection, installation, [oid], request.Column, cancellationToken).ConfigureAwait(false)).Single();
    }

    // A partition of an enabled table is brought to what the table is; of another, it would stay open through it.
    private static async Task<uint> FindRootAsync(NpgsqlConnection connection, Installation installation, TableInfo table, CancellationToken cancellationToken)
    {
        var roots = await TableFamilyReader.RootsAsync(connection, table.Oid, cancellationToken).ConfigureAwait(false);
        var states = await TableStateReader.ReadAsync(connection, installation, [.. roots.Select(r => (r, (string?)null))], cancellationToken).ConfigureAwait(false);
        var open = states.Values.FirstOrDefault(s => !s.IsIsolated(installation));
        return open is null ? roots[0] : throw TableCheck.ChildOf(table, open.DisplayName, open.IsPartitioned);
    }
}
