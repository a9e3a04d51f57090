using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Rollouts;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>Plans that a table keeps tenants apart no longer.</summary>
public static class DisablePlanner
{
    /// <summary>The plan; empty where nothing is left to undo.</summary>
    /// <param name="database">The database.</param>
    /// <param name="table">The table.</param>
    /// <param name="request">What is asked of it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException">
    /// <c>TableNotSupported</c> for a partition, whose root it is to be; <c>TenantColumnMismatch</c>, <c>ColumnNotFound</c>, <c>ColumnNotOurs</c>, <c>PermissionDenied</c>.
    /// </exception>
    public static Task<Plan> PlanAsync(TenantDatabase database, TableInfo table, DisableRequest? request = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(table);
        return database.UseAsync(connection => BuildAsync(database, connection, table, request ?? new DisableRequest(), cancellationToken), cancellationToken);
    }

    private static async Task<Plan> BuildAsync(
        TenantDatabase database, NpgsqlConnection connection, TableInfo table, DisableRequest request, CancellationToken cancellationToken)
    {
        if (await database.FindInstallationAsync(cancellationToken).ConfigureAwait(false) is not { } installation)
        {
            return new Plan(table.DisplayName, []);
        }

        await AdminRight.CheckAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        if (table.Schema == installation.Schema)
        {
            TableCheck.EnsureSupported(table, installation);
        }

        var begun = await RolloutState.ReadAsync(connection, installation, table.Oid, cancellationToken).ConfigureAwait(false);
        var column = await ColumnAsync(connection, installation, table, request, begun is { Fits: true } ? begun.Column : null, cancellationToken).ConfigureAwait(false);
        var families = await TableFamilyReader.ReadAsync(connection, installation, [table.Oid], column, cancellationToken).ConfigureAwait(false);
        var shared = await SharedTables.ListAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        if (families is not [var family] || shared.Any(s => s.Oid == table.Oid))
        {
            return new Plan(table.DisplayName, []);
        }

        var rest = await RolloutRest.ClearAsync(new EnableContext(connection, installation, true, Assumptions.None), family, database.SessionUser, cancellationToken).ConfigureAwait(false);
        var undo = new DisableSteps(installation, family, request, rest);
        if (undo.DropsOthersColumn)
        {
            throw ColumnNotOurs(table, family.Root.Column!.Name);
        }

        PlanStep[] steps = [.. undo.All()];
        if (steps.Length == 0)
        {
            return new Plan(table.DisplayName, []);
        }

        if (table.IsChild)
        {
            await EnsureRootIsOpenAsync(connection, installation, table, cancellationToken).ConfigureAwait(false);
        }

        TableCheck.EnsureOwned(family.Members, database.SessionUser);
        return new Plan(table.DisplayName, steps)
        {
            IsOnline = request.IsLive,
            Warnings = [.. Warnings(family, request.RemoveColumn)],
            Questions = [.. Questions(family, request.RemoveColumn)],
            Guard = await RolloutGuard.ReadAsync(connection, installation, family.Root, cancellationToken).ConfigureAwait(false),
        };
    }

    // What the policy says goes before what a rollout was begun with, and is all there is to name; else somebody else's column would go.
    private static async Task<string?> ColumnAsync(
        NpgsqlConnection connection, Installation installation, TableInfo table, DisableRequest request, string? begun, CancellationToken cancellationToken)
    {
        if (request is not { RemoveColumn: true, Column: { } named })
        {
            return begun;
        }

        var states = await TableStateReader.ReadAsync(connection, installation, [(table.Oid, null)], cancellationToken).ConfigureAwait(false);
        var standing = states.GetValueOrDefault(table.Oid) is { } state && state.IsIsolated(installation) ? state.Column!.Name : begun;
        if (standing is not null && standing != named)
        {
            throw Fail(table, "TenantColumnMismatch", TenantErrorKind.InvalidState, $"The tenant column of {table.DisplayName} is '{standing}', not '{named}'. Leave -Column away.");
        }

        var asked = await TableStateReader.ReadAsync(connection, installation, [(table.Oid, named)], cancellationToken).ConfigureAwait(false);
        if (asked.GetValueOrDefault(table.Oid)?.Column is null && !request.IsNamed)
        {
            return begun;
        }

        return asked.GetValueOrDefault(table.Oid)?.Column is null
            ? throw Fail(table, "ColumnNotFound", TenantErrorKind.NotFound, $"{table.DisplayName} has no column '{named}'. Names are taken to the letter.")
            : named;
    }

    private static TenantException ColumnNotOurs(TableInfo table, string column) => Fail(
        table,
        "ColumnNotOurs",
        TenantErrorKind.InvalidState,
        $"{table.DisplayName} keeps nobody apart, and nothing tells that its column '{column}' was made for that: no policy, no default, no rollout. It stays, with what it holds. If it is to go, name both: Disable-TenantRls {TableCheck.PowerShellText(table.DisplayName)} -RemoveColumn -Column {TableCheck.PowerShellText(column)}");

    private static TenantException Fail(TableInfo table, string errorId, TenantErrorKind kind, string message) =>
        new(errorId, kind, message) { Table = table.DisplayName, Target = table.DisplayName };

    // One that was opened by itself would be closed again by the next Enable of its root.
    private static async Task EnsureRootIsOpenAsync(
        NpgsqlConnection connection, Installation installation, TableInfo table, CancellationToken cancellationToken)
    {
        var roots = await TableFamilyReader.RootsAsync(connection, table.Oid, cancellationToken).ConfigureAwait(false);
        var states = await TableStateReader.ReadAsync(connection, installation, [.. roots.Select(r => (r, (string?)null))], cancellationToken).ConfigureAwait(false);
        if (states.Values.FirstOrDefault(s => s.IsIsolated(installation)) is { } root)
        {
            throw new TenantException(
                "TableNotSupported",
                TenantErrorKind.InvalidState,
                $"{table.DisplayName} is part of {root.DisplayName}, and is open or closed as that one is: Disable-TenantRls {TableCheck.PowerShellText(root.DisplayName)}")
            {
                Table = table.DisplayName,
                Target = table.DisplayName,
            };
        }
    }

    private static IEnumerable<string> Warnings(TableFamily family, bool removeColumn)
    {
        var root = family.Root;
        var others = root.Policies.Where(p => !p.IsOwn).Select(p => p.Name).ToList();
        if (others.Count > 0)
        {
            yield return $"{root.DisplayName}: row security stays on, for other policies stand: {string.Join(", ", others)}. To end it: alter table {root.QuotedName} disable row level security";
        }

        if (!removeColumn && root.Column is { IsNotNull: true } column)
        {
            yield return $"{root.DisplayName}: the column '{column.Name}' stays, is NOT NULL and has no default, so an INSERT must give it. Where it may be empty: alter table {root.QuotedName} alter column {Quote.Identifier(column.Name)} drop not null";
        }
    }

    private static IEnumerable<string> Questions(TableFamily family, bool removeColumn)
    {
        if (removeColumn && family.Root.Column is { } column)
        {
            yield return $"The column '{column.Name}' of {family.Root.DisplayName} is dropped, with its indexes and keys; whose each row is will be lost for good.";
        }
    }
}
