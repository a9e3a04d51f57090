using System.Globalization;
using Npgsql;
using Tenants.Engine.Catalog;
using Tenants.Engine.Isolation;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Rollouts;

/// <summary>One portion of rows: some blocks of a table, and the note of how far that is, in one transaction and one round trip.</summary>
/// <param name="connection">The connection.</param>
/// <param name="installation">What lies in the database.</param>
/// <param name="backfill">What is filled in.</param>
/// <param name="isSeen">Fails unless the session sees all rows although policies bind it.</param>
internal sealed class BackfillBatch(NpgsqlConnection connection, Installation installation, Backfill backfill, Func<Task> isSeen)
{
    /// <summary>Fills in the rows of some blocks.</summary>
    /// <param name="first">The first block.</param>
    /// <param name="next">The one after the last.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="wait">How long it may wait for a lock.</param>
    /// <param name="cancellationToken">Stops it; the portion is undone.</param>
    /// <returns>How many rows were filled in, and for how many there was no tenant.</returns>
    public async Task<(long Filled, long Without)> RunAsync(long first, long next, TimeSpan limit, TimeSpan wait, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        long filled;
        long without;
        bool isBound;
        await using (var batch = new NpgsqlBatch(connection) { Timeout = 0 })
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"set local statement_timeout = {Number((long)limit.TotalMilliseconds)}"));

            // Below the other limit: rows that others lock are told from blocks that take long, and get no more time.
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"set local lock_timeout = {Number((long)wait.TotalMilliseconds)}"));

            // Before the look, so that nobody puts policies to work between that and the rows.
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"lock table only {backfill.QuotedTable} in row exclusive mode"));
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"select pg_catalog.row_security_active({Number(backfill.Oid)}::oid)"));
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                $"""
                with filled as (
                    update only {backfill.QuotedTable} as t set {backfill.QuotedColumn} = {backfill.Value}
                    where t.ctid >= '({Number(first)},0)'::tid and t.ctid < '({Number(next)},0)'::tid and t.{backfill.QuotedColumn} is null
                    returning t.{backfill.QuotedColumn} is null as without)
                select pg_catalog.count(*) filter (where not f.without), pg_catalog.count(*) filter (where f.without) from filled f
                """));
            await using var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            isBound = reader.GetBoolean(0);
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            (filled, without) = (reader.GetInt64(0), reader.GetInt64(1));
        }

        if (isBound)
        {
            await isSeen().ConfigureAwait(false);
        }

        await using (var note = new NpgsqlCommand(
            $"update {installation.QuotedSchema}.rollout set next_block = {Number(next)}, rows = rows + {Number(filled)} where member = {Number(backfill.Oid)}", connection))
        {
            await note.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }

        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return (filled, without);
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
