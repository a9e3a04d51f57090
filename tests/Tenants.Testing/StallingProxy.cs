using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Tenants.Testing;

/// <summary>
/// Stands between a test and the server, and at some point hands nothing on any more of what the server says: the client waits in the middle of a
/// row. Connections that are made after that are served.
/// </summary>
public sealed class StallingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly NpgsqlConnectionStringBuilder _server;
    private int _made;
    private volatile int _stallBefore;
    private long _bytesLeft = long.MaxValue;

    private StallingProxy(string connectionString)
    {
        _server = new NpgsqlConnectionStringBuilder(connectionString);
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>Ends once a connection has stalled.</summary>
    public Task Stalled => _stalled.Task;

    /// <summary>Begins to listen.</summary>
    /// <param name="connectionString">The server to go to.</param>
    public static StallingProxy Start(string connectionString) => new(connectionString);

    /// <summary>A connection string that goes through it.</summary>
    /// <param name="connectionString">One that goes to the server itself.</param>
    public string Through(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString)
    {
        Host = "127.0.0.1",
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
    }.ConnectionString;

    /// <summary>Lets the connections that there are receive so much more, and no more.</summary>
    /// <param name="bytes">How much.</param>
    public void StallAfter(long bytes)
    {
        Volatile.Write(ref _bytesLeft, bytes);
        _stallBefore = Volatile.Read(ref _made) + 1;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token), Interlocked.Increment(ref _made));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client, int number)
    {
        using var accepted = client;
        accepted.NoDelay = true;
        try
        {
            await using var server = await ConnectAsync();
            await Task.WhenAny(accepted.GetStream().CopyToAsync(server, _stop.Token), AnswerAsync(server, accepted.GetStream(), number));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One end hung up.
        }
    }

    private async Task<NetworkStream> ConnectAsync()
    {
        var isSocket = _server.Host!.StartsWith('/');
        var socket = isSocket ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await (isSocket
            ? socket.ConnectAsync(new UnixDomainSocketEndPoint($"{_server.Host}/.s.PGSQL.{_server.Port}"), _stop.Token)
            : socket.ConnectAsync(_server.Host, _server.Port, _stop.Token));
        return new NetworkStream(socket, ownsSocket: true);
    }

    private async Task AnswerAsync(NetworkStream from, NetworkStream to, int number)
    {
        var buffer = new byte[8192];
        while (await from.ReadAsync(buffer, _stop.Token) is > 0 and var length)
        {
            if (number < _stallBefore && Interlocked.Add(ref _bytesLeft, -length) < 0)
            {
                _stalled.TrySetResult();
                await Task.Delay(Timeout.Infinite, _stop.Token);
            }

            await to.WriteAsync(buffer.AsMemory(0, length), _stop.Token);
        }
    }
}
