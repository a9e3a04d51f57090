using Npgsql;
using Tenants.Engine.Errors;

namespace Tenants.Engine.Queries.Running;

/// <summary>What happens to a query that ends before its end: it is undone, and its user is told what, where and why.</summary>
internal sealed class QueryFailure(QueryRun run)
{
    private string RunsOn =>
        $"does not answer to a cancel: it may still be running on the server. Have a DBA run: select pg_terminate_backend({run.Backend.ProcessId}); or, behind a pooler, set a query_timeout there.";

    /// <summary>Undoes what failed, gives the connection back, and says what happened.</summary>
    public async ValueTask<Exception> ExplainAsync(Exception exception)
    {
        run.Notices.Release();
        var step = exception is StepException of ? of.Step : run.Unit?.StepOf(exception);
        var cause = exception is StepException { InnerException: { } inner } ? inner : exception;
        if (step is { TypingError: { } first } && cause is PostgresException { SqlState: ['4', '2', ..] })
        {
            cause = first;
        }

        await run.DropUnitAsync().ConfigureAwait(false);
        run.StopListening();
        var runsOn = (run.Watchdog.HasFired || run.Cancellation.IsCancellationRequested) && !await run.EndBackendAsync().ConfigureAwait(false);
        if (run.Statements.HasBegun)
        {
            await run.Frame.AbortAsync(failed: true).ConfigureAwait(false);
        }

        await run.ReleaseAsync().ConfigureAwait(false);
        if (run.Watchdog.HasFired && !run.Cancellation.IsCancellationRequested && (cause is OperationCanceledException || ServerErrors.IsOurs(cause)))
        {
            return Outran(runsOn);
        }

        if (cause is OperationCanceledException || (run.Cancellation.IsCancellationRequested && ServerErrors.IsOurs(cause)))
        {
            return new OperationCanceledException(
                runsOn ? $"The query was cancelled, and {RunsOn}" : "The query was cancelled.", cause is OperationCanceledException ? null : cause, run.Cancellation);
        }

        if (cause is UnreadableResultException)
        {
            return new TenantException(
                "ResultTypeNotReadable", TenantErrorKind.NotSupported, "A column has a type that changed since the statement ran last. Run it again, or cast the column to text: column::text.");
        }

        return ServerErrors.IsOurs(cause) && cause is not TenantException
            ? run.Frame.Explain(await QueryErrors.TranslateAsync(cause, step?.Statement, run.Frame.Scope, (run.Options.Timeout, run.Elapsed)).ConfigureAwait(false))
            : cause;
    }

    /// <summary>Its user wants no more of it: what still runs is cancelled on the server and undone.</summary>
    public async ValueTask StopAsync()
    {
        if (!run.Statements.HasBegun)
        {
            return;
        }

        if (run.Unit is { } unit)
        {
            await unit.CancelAsync().ConfigureAwait(false);
        }

        // Sent in one go with its COMMIT, a reading transaction has nothing to undo.
        var hadWritten = !run.Statements.HasEnded && run.Statements.Sent.Any(s => s.MayWrite);
        await run.DropUnitAsync().ConfigureAwait(false);
        run.StopListening();
        await run.EndBackendAsync().ConfigureAwait(false);
        if (await run.Frame.AbortAsync(failed: false).ConfigureAwait(false) && hadWritten)
        {
            run.Options.OnNotice?.Invoke(new ServerNotice(
                "WARNING", "TN900", "The query was stopped before its last row was read: what it wrote is undone. Read all of its rows to keep it, into a variable for instance."));
        }
    }

    private TenantException Outran(bool runsOn) => new(
        "StatementTimeout",
        TenantErrorKind.Timeout,
        $"The statement ran on past its limit of {run.Watchdog.Limit.TotalSeconds:0.###} s, which it had lifted, and {(runsOn ? RunsOn : "was ended from here. It is undone.")} Raise the limit with -Timeout or Connect-TenantDatabase -StatementTimeout, or make it faster.")
    {
        Tenant = run.Frame.Scope.Tenant,
        Target = run.Frame.Scope.Tenant,
    };
}
