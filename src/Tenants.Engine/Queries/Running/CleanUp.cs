using Npgsql;
using Tenants.Engine.Connections;

namespace Tenants.Engine.Queries.Running;

/// <summary>Brings a connection back to what it was when it was opened.</summary>
internal static class CleanUp
{
    private const int Seconds = 10;

    /// <summary>Runs one command and says whether the server took it. The connection stays as it is.</summary>
    public static async ValueTask<bool> TryAsync(NpgsqlConnection connection, string statement)
    {
        try
        {
            await using var command = new NpgsqlCommand(statement, connection) { CommandTimeout = Seconds };
            await command.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException or TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Runs commands that clean; a connection on which they fail is never lent again.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="statements">The statements, each in its own implicit transaction or block.</param>
    /// <returns>True if they ran.</returns>
    public static async ValueTask<bool> RunAsync(NpgsqlConnection connection, params string[] statements)
    {
        if (connection.FullState.HasFlag(System.Data.ConnectionState.Broken) || connection.State != System.Data.ConnectionState.Open)
        {
            return false;
        }

        try
        {
            await using var batch = new NpgsqlBatch(connection) { Timeout = Seconds };
            foreach (var statement in statements)
            {
                batch.BatchCommands.Add(new NpgsqlBatchCommand(statement));
            }

            await batch.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException or IOException or TimeoutException)
        {
            ConnectionLender.CloseAfterUse(connection);
            return false;
        }
    }
}
