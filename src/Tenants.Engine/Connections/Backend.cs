using Npgsql;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Connections;

/// <summary>A server process that works for this module. Kept apart from its connection, which may be broken when the process is to be ended.</summary>
/// <param name="ProcessId">The process, as the server numbers it.</param>
/// <param name="Login">The login that it works for.</param>
internal readonly record struct Backend(int ProcessId, string Login)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // By the login as well: the number may have been given to another process meanwhile.
    private const string Terminate = """
        select coalesce(pg_catalog.bool_and(pg_catalog.pg_terminate_backend(a.pid, 2000)), true)
        from pg_catalog.pg_stat_activity a where a.pid = $1 and a.usename = $2
        """;

    /// <summary>The process behind an open connection.</summary>
    public static Backend Of(NpgsqlConnection connection) => new(connection.ProcessID, connection.UserName!);

    /// <summary>Ends it, over a connection of the admin's.</summary>
    /// <param name="database">The database.</param>
    /// <returns>True if it is gone.</returns>
    public Task<bool> TerminateAsync(TenantDatabase database)
    {
        var backend = this;
        return TryAsync(cancellation => database.UseAsync(
            connection => backend.TerminateAsync(connection, backend.Login != database.SessionUser, cancellation), cancellation));
    }

    /// <summary>Ends it, over a connection of its own login.</summary>
    /// <param name="use">Lends the connection.</param>
    /// <returns>True if it is gone.</returns>
    public Task<bool> TerminateAsync(Func<Func<NpgsqlConnection, Task>, CancellationToken, Task> use)
    {
        var backend = this;
        return TryAsync(async cancellation =>
        {
            var isGone = false;
            await use(async connection => isGone = await backend.TerminateAsync(connection, asMember: false, cancellation).ConfigureAwait(false), cancellation).ConfigureAwait(false);
            return isGone;
        });
    }

    private static async Task<bool> TryAsync(Func<CancellationToken, Task<bool>> terminate)
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return await terminate(patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TenantException or OperationCanceledException)
        {
            return false;
        }
    }

    // The admin becomes a member of the login for the time: that goes with the transaction.
    private async Task<bool> TerminateAsync(NpgsqlConnection connection, bool asMember, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        if (asMember)
        {
            await using var grant = new NpgsqlCommand(RoleGrant.ToSelf(connection, Login), connection);
            await grant.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        bool isGone;
        await using (var command = new NpgsqlCommand(Terminate, connection)
        {
            Parameters = { new NpgsqlParameter<int> { TypedValue = ProcessId }, new NpgsqlParameter<string> { TypedValue = Login } },
        })
        {
            isGone = (bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        }

        await transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
        return isGone;
    }
}
