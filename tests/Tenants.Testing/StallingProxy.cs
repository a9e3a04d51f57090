using System.Net.Sockets;

namespace Tenants.Testing;

/// <summary>
/// At some point hands nothing on any more of what the server says: the client waits in the middle of a row. Connections that are made after that are served.
/// </summary>
public sealed class StallingProxy : ServerProxy
{
    private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile int _stallBefore;
    private long _bytesLeft = long.MaxValue;

    private StallingProxy(string connectionString)
        : base(connectionString)
    {
    }

    /// <summary>Ends once a connection has stalled.</summary>
    public Task Stalled => _stalled.Task;

    /// <summary>Begins to listen.</summary>
    /// <param name="connectionString">The server to go to.</param>
    public static StallingProxy Start(string connectionString) => new(connectionString);

    /// <summary>Lets the connections that there are receive so much more, and no more.</summary>
    /// <param name="bytes">How much.</param>
    public void StallAfter(long bytes)
    {
        Volatile.Write(ref _bytesLeft, bytes);
        _stallBefore = Connections + 1;
    }

    /// <inheritdoc/>
    protected override Task ServeAsync(NetworkStream client, NetworkStream server, int number) => Task.WhenAny(
        client.CopyToAsync(server, Stopping),
        CopyAsync(server, client, async length =>
        {
            if (number < _stallBefore && Interlocked.Add(ref _bytesLeft, -length) < 0)
            {
                _stalled.TrySetResult();
                await Task.Delay(Timeout.Infinite, Stopping);
            }
        }));
}
