using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Tenants.Testing;

/// <summary>Stands between a test and the server, and counts round trips: how often the client speaks after the server did.</summary>
public sealed class CountingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly NpgsqlConnectionStringBuilder _server;
    private int _roundTrips;
    private int _connections;

    private CountingProxy(string connectionString)
    {
        _server = new NpgsqlConnectionStringBuilder(connectionString);
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>The round trips since the last call, over all connections.</summary>
    public int TakeRoundTrips() => Interlocked.Exchange(ref _roundTrips, 0);

    /// <summary>How many connections were made through it.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Begins to listen.</summary>
    /// <param name="connectionString">The server to go to.</param>
    public static CountingProxy Start(string connectionString) => new(connectionString);

    /// <summary>A connection string that goes through it.</summary>
    /// <param name="connectionString">One that goes to the server itself.</param>
    public string Through(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString)
    {
        Host = "127.0.0.1",
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
    }.ConnectionString;

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
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var accepted = client;
        using var server = await ConnectAsync();
        Interlocked.Increment(ref _connections);
        accepted.NoDelay = true;
        await using var near = accepted.GetStream();
        await using var far = new NetworkStream(server);
        var serverSpokeLast = new Flag { Value = 1 };
        var ways = new[]
        {
            CopyAsync(near, far, () =>
            {
                if (Interlocked.Exchange(ref serverSpokeLast.Value, 0) == 1)
                {
                    Interlocked.Increment(ref _roundTrips);
                }
            }),
            CopyAsync(far, near, () => Interlocked.Exchange(ref serverSpokeLast.Value, 1)),
        };
        await Task.WhenAny(ways);
    }

    private async Task<Socket> ConnectAsync()
    {
        var host = _server.Host!;
        var socket = host.StartsWith('/') ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) : new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await (host.StartsWith('/')
            ? socket.ConnectAsync(new UnixDomainSocketEndPoint($"{host}/.s.PGSQL.{_server.Port}"))
            : socket.ConnectAsync(host, _server.Port));
        return socket;
    }

    private async Task CopyAsync(NetworkStream from, NetworkStream to, Action spoke)
    {
        var buffer = new byte[65536];
        try
        {
            while (await from.ReadAsync(buffer, _stop.Token) is > 0 and var length)
            {
                // Counted before it goes on, so that an answer never comes first.
                spoke();
                await to.WriteAsync(buffer.AsMemory(0, length), _stop.Token);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One end hung up.
        }
    }

    private sealed class Flag
    {
        public int Value;
    }
}
