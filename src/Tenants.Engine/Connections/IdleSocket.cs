using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Npgsql;
using Npgsql.Internal;

// The driver does not give its socket out. Where another version keeps it elsewhere, the server is asked instead; a test tells.
#pragma warning disable NPG9001

namespace Tenants.Engine.Connections;

/// <summary>Looks at the socket of a connection that lies idle, which costs no round trip.</summary>
internal static class IdleSocket
{
    /// <summary>
    /// False if something has come that nobody asked for: the end of the connection, the server's goodbye, or a message that is no harm.
    /// True for a connection whose other end vanished without a word, too.
    /// </summary>
    public static bool IsSilent(NpgsqlConnection connection)
    {
        try
        {
            return ConnectorOf(connection) is { } connector && SocketOf(connector) is { } socket && !socket.Poll(0, SelectMode.SelectRead);
        }
        catch (Exception e) when (e is MissingMemberException or SocketException or ObjectDisposedException)
        {
            // Another version of the driver, or the socket is closed: then the server is asked.
            return false;
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Connector")]
    private static extern NpgsqlConnector? ConnectorOf(NpgsqlConnection connection);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_socket")]
    private static extern ref Socket? SocketOf(NpgsqlConnector connector);
}
