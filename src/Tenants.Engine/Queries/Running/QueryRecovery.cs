using System.Data.Common;
using Npgsql;
using Tenants.Engine.Errors;

namespace Tenants.Engine.Queries.Running;

/// <summary>
/// Tries a query anew whose failure comes from what was not known of a statement or a connection: it is undone, and nobody
/// has seen anything of it.
/// </summary>
internal sealed class QueryRecovery(QueryRun run)
{
    private const int MaxAttempts = 12;

    private bool _isForbidden;
    private bool _renewed;
    private int _attempts;

    /// <summary>Somebody has seen a result: what comes now cannot be tried anew.</summary>
    public void Forbid() => _isForbidden = true;

    /// <summary>Undoes the attempt and makes ready for another.</summary>
    /// <param name="exception">Why the attempt failed.</param>
    /// <returns>False where another would do no better, or no harm is not certain.</returns>
    public async ValueTask<bool> TryAsync(Exception exception)
    {
        if (_isForbidden || run.Frame.IsExplicit || run.Watchdog.HasFired || run.Cancellation.IsCancellationRequested || ++_attempts > MaxAttempts)
        {
            return false;
        }

        if (IsRefusal(exception))
        {
            _renewed = true;
            return await AgainAsync(run.Frame.RenewAsync).ConfigureAwait(false);
        }

        if (Learn(exception))
        {
            await run.DropUnitAsync().ConfigureAwait(false);
            await run.Frame.AbortAsync(failed: true).ConfigureAwait(false);
            run.Restart();
            return true;
        }

        return IsBroken(exception) && await AgainAsync(run.Frame.ReplaceConnectionAsync).ConfigureAwait(false);
    }

    /// <summary>Over another connection, or login, or with another key.</summary>
    private async ValueTask<bool> AgainAsync(Func<CancellationToken, ValueTask<bool>> replace)
    {
        await run.DropUnitAsync().ConfigureAwait(false);
        run.StopListening();
        run.ForgetBackend();
        if (!await replace(run.Cancellation).ConfigureAwait(false))
        {
            return false;
        }

        run.Restart();
        return true;
    }

    /// <summary>Takes from a failure what it tells of a statement.</summary>
    private bool Learn(Exception exception)
    {
        var step = run.Unit?.StepOf(exception);
        switch (exception)
        {
            case UnreadableResultException unreadable:
                run.Unit!.LastStep!.Learn(run.Unit.LastStep.Shape with { TextColumns = unreadable.TextColumns, Described = true });
                return true;
            case PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } when step is { IsRead: true } && !run.Options.ReadOnly:
                step.Learn(step.Shape with { Writes = true });
                return true;

            // Described one at a time, it shows which column has no binary form.
            case PostgresException error when HasNoBinaryForm(error) && step is { IsRead: true, Shape.TextColumns: null }:
                step.Learn(step.Shape with { Writes = true, Described = false });
                return true;

            // The result has other columns than it had.
            case PostgresException { SqlState: PostgresErrorCodes.ProtocolViolation } when step?.Shape.TextColumns is not null:
                step.Learn(step.Shape with { TextColumns = null, Described = false });
                return true;
            default:
                return exception is PostgresException typing && step?.TryOtherTyping(typing) == true;
        }
    }

    // The tenant could not be entered: the login vanished, its key was replaced, the clock was misjudged. Nothing else ran.
    private bool IsRefusal(Exception exception) =>
        !_renewed && run.Unit is { IsFirst: true, IsAnswered: false }
        && exception is PostgresException { SqlState: "TN001" or "TN004" or PostgresErrorCodes.UndefinedObject };

    private bool IsBroken(Exception exception) =>
        exception is DbException or IOException && IsUntouched(exception) && ServerErrors.IsBroken(exception)
        && (exception is PostgresException || run.Frame.Connection.State != System.Data.ConnectionState.Open);

    // Nothing that writes was sent; or the server said goodbye before it answered to anything: then it read nothing of it.
    private bool IsUntouched(Exception exception) => run.Unit is null
        ? !run.Statements.HasBegun
        : run.Statements.Sent.All(s => s.IsRead) || (exception is PostgresException && run.Unit is { IsFirst: true, IsAnswered: false });

    // The names of the server's routines are never translated. An array or a record finds out only when it is sent.
    private static bool HasNoBinaryForm(PostgresException error) =>
        error.SqlState == PostgresErrorCodes.UndefinedFunction
        && (error.Routine == "getTypeBinaryOutputInfo" || error.Routine?.EndsWith("_send", StringComparison.Ordinal) == true
            || error.Routine?.EndsWith("_io_data", StringComparison.Ordinal) == true);
}
