using System.Diagnostics;
using Npgsql;

namespace Tenants.Engine.Tenants;

/// <summary>Waits until every transaction of this database that runs now has ended.</summary>
internal static class OlderTransactions
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    // Each running transaction holds its own virtual id, and everybody may see that, while most of pg_stat_activity shows only
    // one's own sessions. The server's own workers (autovacuum) have no user.
    private const string Running = """
        select l.virtualxid, l.pid
        from pg_catalog.pg_locks l
        join pg_catalog.pg_stat_activity a on a.pid = l.pid
        where l.locktype = 'virtualxid' and l.granted and l.pid <> pg_catalog.pg_backend_pid()
          and a.datname = pg_catalog.current_database() and a.usesysid is not null
        """;

    // A prepared transaction has left its session.
    private const string Prepared = """
        select 'prepared ' || x.transaction::text, x.gid from pg_catalog.pg_prepared_xacts x where x.database = pg_catalog.current_database()
        """;

    /// <summary>Waits.</summary>
    /// <param name="connection">A connection of its own.</param>
    /// <param name="tenant">The tenant that is to go, for the message.</param>
    /// <param name="patience">How long.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>TenantInUse</c>, naming the processes.</exception>
    public static async Task WaitAsync(NpgsqlConnection connection, TenantId tenant, TimeSpan patience, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var waitedFor = await ReadAsync(connection, cancellationToken).ConfigureAwait(false);
        while (waitedFor.Count > 0)
        {
            if (clock.Elapsed > patience)
            {
                throw InUse(tenant, waitedFor, patience);
            }

            await Task.Delay(Pause, cancellationToken).ConfigureAwait(false);
            var running = await ReadAsync(connection, cancellationToken).ConfigureAwait(false);
            foreach (var transaction in waitedFor.Keys.Where(t => !running.ContainsKey(t)).ToList())
            {
                waitedFor.Remove(transaction);
            }
        }
    }

    private static async Task<Dictionary<string, string>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"select virtualxid, pid::text from ({Running}) r union all {Prepared}", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            found[reader.GetString(0)] = reader.GetString(1);
        }

        return found;
    }

    private static TenantException InUse(TenantId tenant, Dictionary<string, string> waitedFor, TimeSpan patience)
    {
        var processes = waitedFor.Where(w => !w.Key.StartsWith("prepared", StringComparison.Ordinal)).Select(w => w.Value).ToList();
        var prepared = waitedFor.Where(w => w.Key.StartsWith("prepared", StringComparison.Ordinal)).Select(w => $"'{w.Value}'").ToList();
        var mends = new List<string>();
        if (processes.Count > 0)
        {
            mends.Add($"by server process {string.Join(", ", processes)} (select * from pg_stat_activity; select pg_terminate_backend(pid) ends one)");
        }

        if (prepared.Count > 0)
        {
            mends.Add($"prepared as {string.Join(", ", prepared)} (commit prepared or rollback prepared ends one)");
        }

        return new TenantException(
            "TenantInUse",
            TenantErrorKind.InvalidState,
            $"The tenant '{tenant}' is not removed: after {patience.TotalSeconds:0} s transactions still run that may be its own: {string.Join("; ", mends)}. Wait longer with -Timeout, or end them.")
        {
            Tenant = tenant.Value,
            Target = tenant.Value,
        };
    }
}
