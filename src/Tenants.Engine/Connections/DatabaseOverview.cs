using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Connections;

/// <summary>Says what lies behind a connection.</summary>
public static class DatabaseOverview
{
    /// <summary>The overview; where the server does not answer, what was known of it, and why.</summary>
    /// <param name="database">The connection.</param>
    /// <param name="isCurrent">Whether cmdlets take it unless told otherwise.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<TenantDatabaseInfo> ReadAsync(TenantDatabase database, bool isCurrent, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        var known = new TenantDatabaseInfo
        {
            Connection = database,
            IsCurrent = isCurrent,
            State = database.IsOpen ? TenantDatabaseState.Open : TenantDatabaseState.Closed,
            StatementTimeout = database.Facts.StatementTimeout,
            Warnings = database.Warnings,
        };
        if (!database.IsOpen)
        {
            return known;
        }

        try
        {
            var installation = await database.FindInstallationAsync(cancellationToken).ConfigureAwait(false);
            return await database.UseAnyAsync(connection => DescribeAsync(connection, installation, known, database.IsTenantsOnly, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (TenantException e)
        {
            var isGone = e.Kind is TenantErrorKind.Connection or TenantErrorKind.Authentication or TenantErrorKind.Resource or TenantErrorKind.Timeout
                || e.ErrorId == "DatabaseNotFound";
            return known with
            {
                State = isGone ? TenantDatabaseState.Unreachable : TenantDatabaseState.Open,
                Warnings = [.. known.Warnings, e.Message],
            };
        }
    }

    private static async Task<TenantDatabaseInfo> DescribeAsync(
        NpgsqlConnection connection, Installation? installation, TenantDatabaseInfo known, bool isTenantsOnly, CancellationToken cancellationToken)
    {
        if (installation is null)
        {
            return known with { Warnings = [.. known.Warnings, "It has no tenants yet: Initialize-TenantDatabase, or Enable-TenantRls on its first table."] };
        }

        var tables = await TenantTables.ListAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        var described = known with
        {
            IsolationMode = IsolationMode.Context,
            TenantType = installation.TenantType,
            Stamp = installation.Version,
            Tables = tables.Count(t => !t.IsChild),
            Warnings = installation.Version < Installation.CurrentVersion
                ? [.. known.Warnings, "An earlier version of this module initialised it: Update-TenantDatabase."]
                : known.Warnings,
        };

        // A service is no admin on purpose: how many tenants there are is not its to know.
        if (isTenantsOnly)
        {
            return described;
        }

        try
        {
            await AdminRight.CheckAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        }
        catch (TenantException e)
        {
            return described with { Warnings = [.. described.Warnings, e.Message] };
        }

        await using var command = new NpgsqlCommand($"select pg_catalog.count(*) from {installation.QuotedSchema}.tenant", connection);
        return described with { Tenants = (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))! };
    }
}
