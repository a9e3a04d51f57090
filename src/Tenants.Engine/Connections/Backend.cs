using Npgsql;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Connections;

/// <summary>Ends server processes that work for this module.</summary>
internal static class Backend
{
    /// <summary>Ends one, over a connection of the admin's.</summary>
    /// <param name="database">The database.</param>
    /// <param name="processId">The server process.</param>
    /// <param name="login">The login that it works for, of which the admin becomes a member for the time; null for the admin's own.</param>
    public static async ValueTask TerminateAsync(TenantDatabase database, int processId, string? login = null)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        try
        {
            await database.UseAsync(connection => TerminateAsync(connection, processId, login, patience.Token), patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TenantException or OperationCanceledException)
        {
            // The caller waits for the connection to break, and says so if it does not.
        }
    }

    /// <summary>Ends one, over a connection.</summary>
    public static async Task TerminateAsync(NpgsqlConnection connection, int processId, string? login, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        if (login is not null)
        {
            await ExecuteAsync(connection, RoleGrant.ToSelf(connection, login), cancellationToken).ConfigureAwait(false);
        }

        await using (var command = new NpgsqlCommand("select pg_catalog.pg_terminate_backend($1)", connection)
        {
            Parameters = { new NpgsqlParameter<int> { TypedValue = processId } },
        })
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        // The membership goes with the transaction.
        await transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
