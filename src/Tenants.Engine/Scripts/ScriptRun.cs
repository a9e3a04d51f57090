using System.Globalization;
using Npgsql;
using Tenants.Engine.Connections;
using Tenants.Engine.Errors;

namespace Tenants.Engine.Scripts;

/// <summary>
/// One run of a script, in one transaction that is never committed: whatever ends it, a killed process too, the server rolls it back.
/// Each statement goes as one command of the extended protocol, in which the server takes no second statement.
/// </summary>
internal sealed class ScriptRun(NpgsqlConnection connection, ISight sight, ErrorContext context, TimeSpan? timeout)
{
    private const string Savepoint = "tenants_statement";

    // pg_type's own numbers of the types that count() and what is made of it give.
    private const uint Int8 = 20;
    private const uint Int4 = 23;

    // They come of the transaction that the test puts around: without it the statement may well work.
    private static readonly string[] s_ofTheTransaction =
    [
        PostgresErrorCodes.ActiveSqlTransaction, PostgresErrorCodes.InvalidTransactionTermination, "55P04", // a value of an enum is not to be used before it is committed
    ];

    /// <summary>Runs the statements that are wanted, and rolls back.</summary>
    /// <param name="statements">The script.</param>
    /// <param name="isWanted">Which of them are run, by what came of it before.</param>
    /// <param name="endsAtError">As a migration does; else it goes on behind what failed.</param>
    /// <param name="onStatement">Told of each before it runs.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="TenantException">The connection broke, or what comes before the script failed.</exception>
    public async Task<IReadOnlyList<StatementOutcome>> RunAsync(
        IReadOnlyList<ScriptStatement> statements, Func<int, bool> isWanted, bool endsAtError, Action<int>? onStatement, CancellationToken cancellationToken)
    {
        var outcomes = Enumerable.Repeat(StatementOutcome.NotRun, statements.Count).ToArray();
        try
        {
            await ScriptSession.ExecuteAsync(connection, "begin", cancellationToken).ConfigureAwait(false);
            await ScriptSession.ExecuteAsync(
                connection, $"set local lock_timeout = {ScriptSession.LockPatience.TotalMilliseconds.ToString(CultureInfo.InvariantCulture)}", cancellationToken).ConfigureAwait(false);
            await sight.EnterAsync(connection, cancellationToken).ConfigureAwait(false);
            var counter = new ChangeCounter(connection);
            for (var i = 0; i < statements.Count; i++)
            {
                if (!isWanted(i))
                {
                    continue;
                }

                onStatement?.Invoke(statements[i].Number);
                outcomes[i] = await RunAsync(statements[i], counter, cancellationToken).ConfigureAwait(false);
                if (endsAtError && outcomes[i].Error is { } error && !IsOfTheTransaction(error))
                {
                    break;
                }
            }

            await ScriptSession.ExecuteAsync(connection, "rollback", cancellationToken).ConfigureAwait(false);
            return outcomes;
        }
        catch (Exception e) when (ServerErrors.IsOurs(e))
        {
            throw ServerErrors.Translate(e, context);
        }
    }

    /// <summary>True where an error says no more than that the statement cannot run in a transaction that is rolled back.</summary>
    public static bool IsOfTheTransaction(TenantException error) => s_ofTheTransaction.Contains(error.SqlState);

    private async Task<StatementOutcome> RunAsync(ScriptStatement statement, ChangeCounter counter, CancellationToken cancellationToken)
    {
        await sight.RenewAsync(connection, cancellationToken).ConfigureAwait(false);
        var outcome = new StatementOutcome();
        try
        {
            outcome = await SendAsync(statement, cancellationToken).ConfigureAwait(false);
            await ReleaseAsync(statement, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (!cancellationToken.IsCancellationRequested && !ServerErrors.IsBroken(e))
        {
            await ScriptSession.ExecuteAsync(connection, $"rollback to savepoint {Savepoint}", cancellationToken).ConfigureAwait(false);
            outcome = new StatementOutcome
            {
                Error = ServerErrors.Translate(e, context),
                ErrorLine = statement.LineAt(e is { Position: > 0, InternalPosition: 0 } ? e.Position : 0),
            };
        }

        return outcome with { Changes = await counter.NextAsync(cancellationToken).ConfigureAwait(false) };
    }

    private async Task<StatementOutcome> SendAsync(ScriptStatement statement, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new NpgsqlBatchCommand($"savepoint {Savepoint}"));
        if (sight.DemandsAllRows)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand("set local row_security = off"));
        }

        if (timeout is { } limit)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand($"set local statement_timeout = {limit.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture)}"));
        }

        var command = new NpgsqlBatchCommand(statement.ReturnsToLogin && sight.Return is { } back ? back : statement.Source.Text);
        batch.BatchCommands.Add(command);
        var rows = 0;
        long? number = null;
        var isNull = false;
        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false))
        {
            for (; await reader.ReadAsync(cancellationToken).ConfigureAwait(false); rows++)
            {
                isNull = reader.FieldCount == 1 && reader.IsDBNull(0);
                number = statement.CountsRows && reader.FieldCount == 1 && !isNull ? NumberIn(reader) : null;
            }
        }

        return new StatementOutcome
        {
            Number = rows == 1 ? number : null,
            IsNull = rows == 1 && isNull && command.StatementType == StatementType.Select,
            Rows = command.StatementType switch
            {
                StatementType.Select or StatementType.Insert or StatementType.Update or StatementType.Delete or StatementType.Merge
                    or StatementType.CreateTableAs or StatementType.Copy or StatementType.Fetch or StatementType.Move => (long)command.Rows,
                _ => null,
            },
        };
    }

    // The savepoint is gone if the script had found a way to end the transaction.
    private async Task ReleaseAsync(ScriptStatement statement, CancellationToken cancellationToken)
    {
        try
        {
            await ScriptSession.ExecuteAsync(connection, $"release savepoint {Savepoint}", cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.NoActiveSqlTransaction or PostgresErrorCodes.InvalidSavepointSpecification)
        {
            throw new TenantException(
                "TransactionEnded",
                TenantErrorKind.InvalidState,
                $"Line {statement.Line}: the statement ended the test's own transaction, and what came before it may stay. Nothing after it was run. Look at the database, and report this statement.");
        }
    }

    private static long? NumberIn(NpgsqlDataReader reader) => reader.GetDataTypeOID(0) switch
    {
        Int4 => reader.GetInt32(0),
        Int8 => reader.GetInt64(0),
        _ => null,
    };
}
