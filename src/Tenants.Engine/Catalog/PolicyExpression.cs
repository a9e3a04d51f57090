using Npgsql;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Catalog;

/// <summary>
/// Has the server read an expression that a person wrote, against the columns of a table, and write it out again with every
/// name qualified. It is read on an empty copy of the table, so that nobody waits for a lock, and the copy is gone at once.
/// </summary>
internal static class PolicyExpression
{
    /// <summary>The expression as PostgreSQL writes it.</summary>
    /// <param name="connection">A connection that is in no transaction.</param>
    /// <param name="schema">The table's schema.</param>
    /// <param name="table">The table's name.</param>
    /// <param name="expression">The expression.</param>
    /// <param name="parameter">Where it was given, for the message.</param>
    /// <param name="newColumn">A column that the table does not have yet, as CREATE TABLE takes it; null for none.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException"><c>PolicyExpressionInvalid</c>: it is not one expression over these columns.</exception>
    public static async Task<string> ReadAsync(
        NpgsqlConnection connection, string schema, string table, string expression, string parameter, string? newColumn, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        var copy = $"pg_temp.{Quote.Identifier(table)}";

        // The expression's own names are looked up by the connection's path, but never in the copy.
        await ExecuteAsync(
            connection,
            "select pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', nullif(pg_catalog.current_setting('search_path'), ''), 'pg_temp'), true)",
            cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(connection, $"create temporary table {copy} (like {Quote.Identifier(schema, table)}{(newColumn is null ? "" : ", " + newColumn)}) on commit drop", cancellationToken).ConfigureAwait(false);
        try
        {
            // FOR SELECT takes nothing after USING (…), so that text which closes the parenthesis and goes on is an error
            // whatever it goes on with; the line break ends a comment.
            await ExecuteAsync(connection, $"create policy expression on {copy} for select using (\n{expression}\n)", cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException error) when (error.SqlState.StartsWith("42", StringComparison.Ordinal) || error.SqlState.StartsWith("22", StringComparison.Ordinal)
            || error.SqlState is PostgresErrorCodes.InvalidName or PostgresErrorCodes.FeatureNotSupported)
        {
            throw new TenantException(
                "PolicyExpressionInvalid",
                TenantErrorKind.Syntax,
                $"What {parameter} holds is not one condition over the columns of {schema}.{table}: {error.MessageText}.")
            {
                SqlState = error.SqlState,
                Hint = error.Hint,
                Table = $"{schema}.{table}",
            };
        }

        await ExecuteAsync(connection, "select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)", cancellationToken).ConfigureAwait(false);
        await using var read = new NpgsqlCommand(
            "select pg_catalog.pg_get_expr(p.polqual, p.polrelid) from pg_catalog.pg_policy p where p.polrelid = $1::pg_catalog.regclass", connection)
        {
            Parameters = { new NpgsqlParameter<string> { TypedValue = copy } },
        };
        var text = (string)(await read.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        await transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
        return text;
    }

    // As a batch's command the text is one statement: the driver splits nothing, and the server takes no second.
    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new NpgsqlBatchCommand(sql) { Parameters = { } } } };
        await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
