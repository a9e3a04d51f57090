using System.Globalization;
using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Isolation;
using Tenants.Engine.Isolation.Logins;

namespace Tenants.Engine.Tenants;

/// <summary>
/// Removes one tenant. It is closed first, by itself, so that no transaction that begins from then on is its own; those that
/// began before are waited for; then its rows, its logins and its entry go at once. What is cut off leaves it closed, and
/// another run goes on.
/// </summary>
internal sealed class TenantRemoval(
    TenantDatabase database, Installation installation, TenantId tenant, TenantRemovalOptions options, Action<TenantRemovalProgress>? onProgress)
{
    /// <summary>Does it.</summary>
    /// <param name="before">The state that it goes back to where it cannot be removed.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task RunAsync(TenantState before, CancellationToken cancellationToken)
    {
        // Asked once before it is closed, so that a tenant with rows is not disturbed by a command that will refuse.
        await database.UseAsync(connection => RefuseDataAsync(connection, cancellationToken), cancellationToken).ConfigureAwait(false);
        try
        {
            Report("Closing the tenant");
            await SetStateAsync("closed", cancellationToken).ConfigureAwait(false);
            Report("Waiting for its transactions");
            await database.UseAsync(
                connection => OlderTransactions.WaitAsync(connection, tenant, options.Patience, cancellationToken), cancellationToken).ConfigureAwait(false);
            await database.UseAsync(connection => RefuseDataAsync(connection, cancellationToken), cancellationToken).ConfigureAwait(false);
            await RemoveLoginsAsync(cancellationToken).ConfigureAwait(false);
            await database.UseAsync(connection => DeleteAsync(connection, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch when (before == TenantState.Active)
        {
            await ReopenAsync().ConfigureAwait(false);
            throw;
        }
    }

    private async Task RefuseDataAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (options.RemoveData || options.KeepData)
        {
            return;
        }

        var counts = await TenantData.CountAsync(connection, installation, tenant, cancellationToken).ConfigureAwait(false);
        if (counts.Count > 0)
        {
            throw new TenantException(
                "TenantHasData",
                TenantErrorKind.InvalidState,
                $"The tenant '{tenant}' has rows in {string.Join(", ", counts)}. -RemoveData deletes them with it; -KeepData leaves them, seen by the admin alone.")
            {
                Tenant = tenant.Value,
                Target = tenant.Value,
            };
        }
    }

    private Task SetStateAsync(string state, CancellationToken cancellationToken) => database.UseAsync(
        connection => ExecuteAsync(
            connection, $"update {installation.QuotedSchema}.tenant set state = '{state}' where id = $1 and state <> '{state}'", cancellationToken),
        cancellationToken);

    // Whatever stopped the removal must not stop this; where it fails too, the tenant is seen as closed and a second run goes on.
    private async Task ReopenAsync()
    {
        try
        {
            await SetStateAsync("active", CancellationToken.None).ConfigureAwait(false);
        }
        catch (TenantException)
        {
            // The first failure is the one to tell.
        }
    }

    private async Task DeleteAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await RefuseDataAsync(connection, cancellationToken).ConfigureAwait(false);
        if (options.RemoveData)
        {
            // However many rows there are: it is all or nothing, and Ctrl+C stops it.
            await ExecuteAsync(connection, "select pg_catalog.set_config('statement_timeout', '0', true) where $1 is not null", cancellationToken).ConfigureAwait(false);
            await DeleteRowsAsync(connection, cancellationToken).ConfigureAwait(false);
        }

        Report("Removing its entry");
        await ExecuteAsync(connection, $"delete from {installation.QuotedSchema}.login where tenant = $1", cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(connection, $"delete from {installation.QuotedSchema}.tenant where id = $1", cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    // Roles are the cluster's: one that cannot go (it owns something elsewhere) can log in no more, and is told.
    private async Task RemoveLoginsAsync(CancellationToken cancellationToken)
    {
        var names = await database.UseAsync(
            async connection =>
            {
                var found = new List<string>();
                await using var command = new NpgsqlCommand($"select name::text from {installation.QuotedSchema}.login where tenant = $1 order by name", connection)
                {
                    Parameters = { new NpgsqlParameter<string> { TypedValue = tenant.Value } },
                };
                await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    found.Add(reader.GetString(0));
                }

                return found;
            },
            cancellationToken).ConfigureAwait(false);
        if (names.Count > 0)
        {
            Report("Removing its logins");
            var removal = new LoginRemoval(database, installation);
            foreach (var name in names)
            {
                await removal.RemoveAsync(name, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task DeleteRowsAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var tables = await TenantData.TablesAsync(connection, installation, cancellationToken).ConfigureAwait(false);
        var done = 0;
        foreach (var together in await DeletionOrder.OfAsync(connection, tables, cancellationToken).ConfigureAwait(false))
        {
            Report($"Deleting from {string.Join(", ", together.Select(t => t.DisplayName))}", done, tables.Count);

            // Tables that refer to each other in a ring go in one statement: foreign keys are checked at its end.
            var deletions = together.Select((t, i) => string.Create(
                CultureInfo.InvariantCulture, $"d{i} as (delete from {t.QuotedName} where {TenantData.IsTenant(installation, t)})"));
            await ExecuteAsync(connection, $"with {string.Join(", ", deletions)} select $1::text", cancellationToken).ConfigureAwait(false);
            done += together.Count;
        }

        var left = await TenantData.CountAsync(connection, installation, tenant, cancellationToken).ConfigureAwait(false);
        if (left.Count > 0)
        {
            throw new TenantException(
                "TenantHasData",
                TenantErrorKind.InvalidState,
                $"Rows of '{tenant}' are still there after they were deleted, in {string.Join(", ", left)}: a trigger or rule keeps or makes them. Nothing was changed.")
            {
                Tenant = tenant.Value,
                Target = tenant.Value,
            };
        }
    }

    private async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = tenant.Value } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private void Report(string activity, int done = 0, int total = 0) => onProgress?.Invoke(new TenantRemovalProgress(activity, done, total));
}
