using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Npgsql;
using Tenants.Engine.Errors;

namespace Tenants.Engine.Connections;

/// <summary>
/// Lends connections of a pool that answer. A server that was restarted leaves dead ones in the pool; the first to use one would
/// fail, and could not tell whether its work was done. A server or a kernel that closes a connection says so, and its socket shows
/// it: then it is asked first, and so is one that lay idle for so long that a firewall may have forgotten it without a word.
/// </summary>
internal sealed class ConnectionLender(NpgsqlDataSource source)
{
    // Shorter than any firewall's or load balancer's patience with idle connections.
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    private const int MostKnown = 4096;

    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan StartPause = TimeSpan.FromMilliseconds(200);

    // NpgsqlConnection.ClearPool finds pools by connection string only, and does nothing to those of a data source.
    private static readonly ConditionalWeakTable<NpgsqlConnection, ConnectionLender> s_lenders = [];

    private readonly ConcurrentDictionary<int, long> _lastUse = new();

    /// <summary>Has a connection closed when it is given back, not lent again; with it those of its pool that lie idle, and later those at work.</summary>
    /// <param name="connection">The connection.</param>
    public static void CloseAfterUse(NpgsqlConnection connection)
    {
        if (s_lenders.TryGetValue(connection, out var lender))
        {
            lender.CloseAll();
        }
    }

    /// <summary>A connection that answers.</summary>
    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var connection = await OpenWhenStartedAsync(cancellationToken).ConfigureAwait(false);
            if (await AnswersAsync(connection, cancellationToken).ConfigureAwait(false))
            {
                if (_lastUse.Count > MostKnown)
                {
                    // Backends that are gone are not told apart; who is not known is not taken for stale.
                    _lastUse.Clear();
                }

                _lastUse[connection.ProcessID] = Environment.TickCount64;
                s_lenders.AddOrUpdate(connection, this);
                return connection;
            }

            // The others are no better.
            await connection.DisposeAsync().ConfigureAwait(false);
            CloseAll();
        }
    }

    private void CloseAll()
    {
        _lastUse.Clear();
        source.Clear();
    }

    private async Task<NpgsqlConnection> OpenWhenStartedAsync(CancellationToken cancellationToken)
    {
        for (var begin = Environment.TickCount64; ;)
        {
            try
            {
                return await source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.CannotConnectNow
                && Environment.TickCount64 - begin < StartPatience.TotalMilliseconds)
            {
                await Task.Delay(StartPause, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task<bool> AnswersAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var isStale = _lastUse.TryGetValue(connection.ProcessID, out var last) && Environment.TickCount64 - last >= Fresh.TotalMilliseconds;
        if (!isStale && IdleSocket.IsSilent(connection))
        {
            return true;
        }

        try
        {
            await using var command = new NpgsqlCommand("select", connection);
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            return false;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
