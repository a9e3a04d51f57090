using Npgsql;

namespace Tenants.Engine.Connections;

/// <summary>
/// Has the server look whether the client is still there while it runs a statement: unless told to, it finds out that a process was
/// killed only when the statement has ended, and keeps what that has locked for as long.
/// </summary>
internal static class ServerWatch
{
    /// <summary>Begins it, for the session.</summary>
    public static async Task StartAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = new NpgsqlCommand("set client_connection_check_interval = '1s'", connection);
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException)
        {
            // Not every platform's server can look; then it is seen at the end of the statement.
        }
    }
}
