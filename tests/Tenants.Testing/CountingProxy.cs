using System.Net.Sockets;

namespace Tenants.Testing;

/// <summary>Counts round trips: how often the client speaks after the server did.</summary>
public sealed class CountingProxy : ServerProxy
{
    private int _roundTrips;

    private CountingProxy(string connectionString)
        : base(connectionString)
    {
    }

    /// <summary>Begins to listen.</summary>
    /// <param name="connectionString">The server to go to.</param>
    public static CountingProxy Start(string connectionString) => new(connectionString);

    /// <summary>The round trips since the last call, over all connections.</summary>
    public int TakeRoundTrips() => Interlocked.Exchange(ref _roundTrips, 0);

    /// <inheritdoc/>
    protected override Task ServeAsync(NetworkStream client, NetworkStream server, int number)
    {
        // Counted before it goes on, so that an answer never comes first.
        var serverSpokeLast = 1;
        return Task.WhenAny(
            CopyAsync(client, server, _ =>
            {
                if (Interlocked.Exchange(ref serverSpokeLast, 0) == 1)
                {
                    Interlocked.Increment(ref _roundTrips);
                }

                return ValueTask.CompletedTask;
            }),
            CopyAsync(server, client, _ =>
            {
                Interlocked.Exchange(ref serverSpokeLast, 1);
                return ValueTask.CompletedTask;
            }));
    }
}
