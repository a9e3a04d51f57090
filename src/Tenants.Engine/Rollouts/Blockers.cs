using System.Globalization;
using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Errors;

namespace Tenants.Engine.Rollouts;

/// <summary>Looks, from a connection of its own, whom a session waits for: afterwards nobody could say.</summary>
internal sealed class Blockers : IAsyncDisposable
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(300);

    // Whose sessions the login may not look into has a pid, and no more.
    private const string Query = """
        select b.pid, a.application_name, a.usename::text, pg_catalog.clock_timestamp() - a.xact_start
        from pg_catalog.unnest(pg_catalog.pg_blocking_pids($1)) b(pid)
        left join pg_catalog.pg_stat_activity a on a.pid = b.pid
        union
        select a.pid, a.application_name, a.usename::text, pg_catalog.clock_timestamp() - a.xact_start
        from pg_catalog.pg_stat_progress_create_index p
        join pg_catalog.pg_stat_activity a on a.pid = p.current_locker_pid
        where p.pid = $1 and p.current_locker_pid <> 0
        order by 1 limit 5
        """;

    private readonly CancellationTokenSource _stop = new();
    private readonly Task _watching;

    /// <summary>Begins to look.</summary>
    /// <param name="database">The database.</param>
    /// <param name="pid">The session that may wait.</param>
    /// <param name="onChange">Told whom it waits for, and null when it waits no longer.</param>
    public Blockers(TenantDatabase database, int pid, Action<string?>? onChange = null) => _watching = WatchAsync(database, pid, onChange, _stop.Token);

    /// <summary>Who was in the way last; null for nobody.</summary>
    public string? Last { get; private set; }

    /// <summary>Somebody was in the way since it was told to forget.</summary>
    public bool HasSeen { get; private set; }

    /// <summary>Forgets that somebody was; not who.</summary>
    public void Forget() => HasSeen = false;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _watching.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task WatchAsync(TenantDatabase database, int pid, Action<string?>? onChange, CancellationToken cancellationToken)
    {
        try
        {
            // Most steps wait for nobody, and need no second connection.
            await Task.Delay(s_pause, cancellationToken).ConfigureAwait(false);
            await using var connection = await database.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            string? told = null;
            while (true)
            {
                var found = await ReadAsync(connection, pid, cancellationToken).ConfigureAwait(false);
                Last = found ?? Last;
                HasSeen |= found is not null;
                if (found != told)
                {
                    onChange?.Invoke(told = found);
                }

                await Task.Delay(s_pause, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or TenantException || ServerErrors.IsOurs(e))
        {
            // It only serves a message.
        }
    }

    private static async Task<string?> ReadAsync(NpgsqlConnection connection, int pid, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Query, connection) { Parameters = { new NpgsqlParameter<int> { TypedValue = pid } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        var found = new List<string>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            var application = reader.IsDBNull(1) || reader.GetString(1).Length == 0 ? "" : $" {reader.GetString(1)}";
            var user = reader.IsDBNull(2) ? "" : $" as {reader.GetString(2)}";
            var age = reader.IsDBNull(3) ? "" : $", its transaction open for {reader.GetTimeSpan(3).TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s";
            found.Add($"pid {reader.GetInt32(0).ToString(CultureInfo.InvariantCulture)} ({(application + user).Trim()}{age})".Replace("(, ", "(", StringComparison.Ordinal).Replace(" ()", "", StringComparison.Ordinal));
        }

        return found.Count == 0 ? null : string.Join("; ", found);
    }
}
