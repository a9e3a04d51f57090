using Npgsql;

namespace Tenants.Engine.Rollouts;

/// <summary>The advisory lock by which no two runs change the same table at the same time, in whatever way they do it.</summary>
internal static class RolloutLock
{
    /// <summary>The first half of the lock's key; the second is the table's OID.</summary>
    private const int LockClass = 0x54656E52;

    // A backend whose client was killed sees that within a second; one that is told of nothing goes on with its statement.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(250);

    /// <summary>Takes it.</summary>
    /// <param name="connection">Whose session has it.</param>
    /// <param name="table">The table's OID.</param>
    /// <param name="displayName">The table, for people.</param>
    /// <param name="isTransactions">It ends with the connection's transaction; else with the session.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>RolloutRunning</c>.</exception>
    public static async Task TakeAsync(NpgsqlConnection connection, uint table, string displayName, bool isTransactions, CancellationToken cancellationToken)
    {
        for (var begin = Environment.TickCount64; ;)
        {
            await using (var command = new NpgsqlCommand($"select pg_catalog.pg_try_advisory{(isTransactions ? "_xact" : "")}_lock({LockClass}, {unchecked((int)table)})", connection))
            {
                if ((bool)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!)
                {
                    return;
                }
            }

            if (Environment.TickCount64 - begin > s_patience.TotalMilliseconds)
            {
                throw await RunningAsync(connection, table, displayName, cancellationToken).ConfigureAwait(false);
            }

            await Task.Delay(s_pause, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<TenantException> RunningAsync(NpgsqlConnection connection, uint table, string displayName, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            select l.pid from pg_catalog.pg_locks l
            where l.locktype = 'advisory' and l.granted and l.classid = {LockClass} and l.objid = {table} and l.objsubid = 2
              and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
            """,
            connection);
        var pid = await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        return new TenantException(
            "RolloutRunning",
            TenantErrorKind.InvalidState,
            $"Another run changes {displayName} at this moment{(pid is int p ? $" (pid {p})" : "")}. Wait for it; or, if nobody waits for it any more, end it and run this again, which goes on where that one stopped: select pg_terminate_backend({pid ?? "pid"})")
        {
            Table = displayName,
            Target = displayName,
        };
    }
}
