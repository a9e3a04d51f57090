using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Isolation;

namespace Tenants.Engine.Rollouts;

/// <summary>How far the rows of one table, partition or child are filled in.</summary>
/// <param name="NextBlock">The block to go on with.</param>
/// <param name="Blocks">How many blocks its file has.</param>
/// <param name="Rows">How many rows were filled in, by earlier runs too.</param>
internal sealed record BackfillState(long NextBlock, long Blocks, long Rows)
{
    /// <summary>Reads how far it is. A pass that had ended, or whose table was rewritten since, begins anew.</summary>
    public static async Task<BackfillState> BeginAsync(
        NpgsqlConnection connection, Installation installation, uint root, uint member, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"""
            insert into {installation.QuotedSchema}.rollout as r (member, root, file) values ($1, $2, pg_catalog.pg_relation_filenode($1))
            on conflict (member) do update set
                next_block = case when r.is_filled or r.file is distinct from excluded.file then 0 else r.next_block end,
                is_filled = false,
                file = excluded.file
            returning next_block, pg_catalog.pg_relation_size($1) / pg_catalog.current_setting('block_size')::bigint, rows
            """,
            connection)
        {
            Parameters = { new NpgsqlParameter { Value = member, NpgsqlDbType = NpgsqlDbType.Oid }, new NpgsqlParameter { Value = root, NpgsqlDbType = NpgsqlDbType.Oid } },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        return new BackfillState(reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2));
    }

    /// <summary>Notes that all of it was gone through.</summary>
    public static async Task EndAsync(NpgsqlConnection connection, Installation installation, uint member, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"update {installation.QuotedSchema}.rollout set is_filled = true where member = $1", connection)
        {
            Parameters = { new NpgsqlParameter { Value = member, NpgsqlDbType = NpgsqlDbType.Oid } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
