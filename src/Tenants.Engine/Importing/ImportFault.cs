using Npgsql;
using Tenants.Engine.Queries.Running;

namespace Tenants.Engine.Importing;

/// <summary>
/// Which object the server refused, and for which column. It says that of a row of COPY, not of a row of an INSERT: so, with the import undone,
/// parts of the batch are tried until one object is left. Each try is undone.
/// </summary>
internal static class ImportFault
{
    /// <summary>Finds it.</summary>
    /// <param name="connection">The connection, in the transaction that failed.</param>
    /// <param name="savepoint">What was set before the first row.</param>
    /// <param name="batch">The batch.</param>
    /// <param name="error">The server's error.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>The row in the batch and the column; null where the batch by itself does not fail: it fails after the ones before it.</returns>
    public static async Task<(int Row, string? Column)?> FindAsync(
        NpgsqlConnection connection, string savepoint, ImportBatch batch, PostgresException error, CancellationToken cancellationToken)
    {
        Task<PostgresException?> TryAsync(int start, int count, int without = -1) => TryRowsAsync(connection, savepoint, batch, (start, count, without), cancellationToken);

        if (await TryAsync(0, batch.Count).ConfigureAwait(false) is null)
        {
            return null;
        }

        // The first so many rows pass, and so many do not.
        var (passes, fails) = (0, batch.Count);
        while (fails - passes > 1)
        {
            var middle = passes + ((fails - passes) / 2);
            (passes, fails) = await TryAsync(0, middle).ConfigureAwait(false) is null ? (middle, fails) : (passes, middle);
        }

        // A value that its type refuses, or its domain, which names no table.
        var isOfValue = error.SqlState.StartsWith("22", StringComparison.Ordinal) || (error.SqlState == PostgresErrorCodes.CheckViolation && error.TableName is null);
        if (error.ColumnName is not null || !isOfValue)
        {
            return (passes, error.ColumnName);
        }

        var columns = batch.Layout.Shape.Columns;
        for (var i = 0; i < columns.Count; i++)
        {
            // Without its value the complaint is another one, or none.
            if ((await TryAsync(passes, 1, i).ConfigureAwait(false))?.SqlState != error.SqlState)
            {
                return (passes, columns[i].Name);
            }
        }

        return (passes, null);
    }

    private static async Task<PostgresException?> TryRowsAsync(
        NpgsqlConnection connection, string savepoint, ImportBatch batch, (int Start, int Count, int Without) rows, CancellationToken cancellationToken)
    {
        if (!await CleanUp.TryAsync(connection, $"rollback to savepoint {savepoint}").ConfigureAwait(false))
        {
            throw new OperationCanceledException("The transaction is gone.");
        }

        await using var command = new NpgsqlBatch(connection) { BatchCommands = { batch.ToCommand(rows.Start, rows.Count, rows.Without) } };
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (PostgresException e)
        {
            return e;
        }
    }
}
