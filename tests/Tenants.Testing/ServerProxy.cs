using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Tenants.Testing;

/// <summary>Stands between a test and the server.</summary>
public abstract class ServerProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly NpgsqlConnectionStringBuilder _server;
    private int _connections;

    /// <summary>Begins to listen.</summary>
    /// <param name="connectionString">The server to go to.</param>
    protected ServerProxy(string connectionString)
    {
        _server = new NpgsqlConnectionStringBuilder(connectionString);
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>How many connections were made through it.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Cancelled when the test is over.</summary>
    protected CancellationToken Stopping => _stop.Token;

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
        GC.SuppressFinalize(this);
    }

    /// <summary>Hands on what the two say, until one of them hangs up.</summary>
    /// <param name="client">The client.</param>
    /// <param name="server">The server.</param>
    /// <param name="number">The connection's number, from 1.</param>
    protected abstract Task ServeAsync(NetworkStream client, NetworkStream server, int number);

    /// <summary>Hands on what one says.</summary>
    /// <param name="from">Who speaks.</param>
    /// <param name="to">Who listens.</param>
    /// <param name="spoke">Told of each piece, by its length, before it goes on.</param>
    protected async Task CopyAsync(NetworkStream from, NetworkStream to, Func<int, ValueTask> spoke)
    {
        var buffer = new byte[65536];
        while (await from.ReadAsync(buffer, Stopping) is > 0 and var length)
        {
            await spoke(length);
            await to.WriteAsync(buffer.AsMemory(0, length), Stopping);
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token), Interlocked.Increment(ref _connections));
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
            await ServeAsync(accepted.GetStream(), server, number);
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
            ? socket.ConnectAsync(new UnixDomainSocketEndPoint($"{_server.Host}/.s.PGSQL.{_server.Port}"), Stopping)
            : socket.ConnectAsync(_server.Host, _server.Port, Stopping));
        return new NetworkStream(socket, ownsSocket: true);
    }
}
