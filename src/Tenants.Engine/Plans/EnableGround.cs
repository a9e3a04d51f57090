using Npgsql;
using Tenants.Engine.Audit;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Rollouts;

namespace Tenants.Engine.Plans;

/// <summary>What a plan for a table stands on: what lies in the database or comes first, and what the table is now.</summary>
/// <param name="Context">The connection and what it leads to.</param>
/// <param name="Initialize">The steps that make the database ready for tenants; none where it is.</param>
/// <param name="Family">The table with all under it.</param>
/// <param name="Table">The root of it, as it is named.</param>
/// <param name="Column">The tenant column's name.</param>
/// <param name="TakenNames">Names that a new index cannot have.</param>
internal sealed record EnableGround(
    EnableContext Context, IReadOnlyList<PlanStep> Initialize, TableFamily Family, TableInfo Table, string Column, IReadOnlySet<string> TakenNames)
{
    /// <summary>Reads it.</summary>
    public static async Task<EnableGround> ReadAsync(
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

        var taken = await IndexNames.TakenAsync(connection, [.. family.Members.Select(m => m.Schema).Distinct()], cancellationToken).ConfigureAwait(false);
        return new EnableGround(
            new EnableContext(connection, names, installed is not null, assumed),
            initialize,
            family,
            table.Oid == family.Root.Oid ? table : new TableInfo(family.Root.Oid, family.Root.Schema, family.Root.Name) { Kind = family.Root.Kind },
            family.Root.Column?.Name ?? request.Column ?? TenantTables.DefaultColumn,
            taken);
    }

    /// <summary>What the table lacks.</summary>
    public EnableSteps Steps(TenantDatabase database, EnableRequest request, Fill fill) =>
        new(Context.Installation, database.ServerVersion, Family, request, Column, TakenNames, fill);

    /// <summary>The expression that gives rows their tenant, as the server reads it; null where none was given.</summary>
    /// <exception cref="TenantException"><c>BackfillInvalid</c>.</exception>
    public async Task<RowExpression?> ReadBackfillAsync(EnableRequest request, CancellationToken cancellationToken)
    {
        if (request.Backfill is null)
        {
            return null;
        }

        if (request.DefaultTenant is not null)
        {
            throw new TenantException(
                "BackfillInvalid", TenantErrorKind.InvalidArgument, "Rows without a tenant become -DefaultTenant's, or what -Backfill gives for each: give one of the two.");
        }

        return await BackfillExpression.ReadAsync(Context, Family.Root, Column, request, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The plan of some steps, with what the user should hear of the table.</summary>
    public async Task<EnablePlan> PlanAsync(
        TenantDatabase database, IReadOnlyList<PlanStep> steps, Fill fill, IReadOnlyList<string> warnings, CancellationToken cancellationToken)
    {
        if (steps.Count == 0)
        {
            return new EnablePlan(new Plan(Table.DisplayName, Initialize), Table, Context.Installation);
        }

        await GrantCheck.EnsureAsync(Context, database, Family, [.. steps.SelectMany(s => s.CreatesIn).Distinct()], cancellationToken).ConfigureAwait(false);
        var audit = await TableAudit.ReadAsync(Context.Connection, Context.Installation, Table.Oid, Column, cancellationToken).ConfigureAwait(false);
        return new EnablePlan(
            new Plan(Table.DisplayName, [.. Initialize, .. steps])
            {
                ChangesInstallation = Initialize.Count > 0,
                Warnings = [.. warnings, .. audit.Warnings],
                Questions = audit.Questions,
                Notes = audit.AccessText,
                Guard = await RolloutGuard.ReadAsync(Context.Connection, Context.IsInstalled ? Context.Installation : null, Family.Root, cancellationToken).ConfigureAwait(false),
            },
            Table,
            Context.Installation,
            fill is { IsNeeded: true, IsRegistered: false } ? fill.Tenant : null)
        {
            Column = Column,
        };
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
