using System.Management.Automation;
using System.Management.Automation.Host;
using Tenants.Engine.Connections;
using Tenants.Engine.Queries;
using Tenants.Hosting;

namespace Tenants.Commands;

/// <summary>The base of all cmdlets: asynchronous bodies on the pipeline's thread, cancellation, notices and errors.</summary>
public abstract class TenantCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly UnreadNotices _notices = new();

    /// <summary>Cancelled when the pipeline is stopped (Ctrl+C, or a consumer that has seen enough).</summary>
    protected CancellationToken StopToken => _stop.Token;

    /// <summary>True where statements are shown and not run.</summary>
    private protected bool IsWhatIf =>
        MyInvocation.BoundParameters.TryGetValue("WhatIf", out var bound)
            ? ((SwitchParameter)bound).IsPresent
            : LanguagePrimitives.IsTrue(SessionState.PSVariable.GetValue("WhatIfPreference"));

    /// <summary>What a connection that this call opens by itself must be: as <c>$TenantTrustPreference</c> says.</summary>
    private protected virtual TenantTrust WantedTrust => TrustPreference.Read(SessionState);

    /// <summary>Runs once, before the first input.</summary>
    protected virtual Task BeginAsync() => Task.CompletedTask;

    /// <summary>Runs for each input. No ConfigureAwait(false) in here: it writes to the pipeline.</summary>
    protected virtual Task ProcessAsync() => Task.CompletedTask;

    /// <summary>Takes an input at once where there is nothing to wait for: a million inputs are as many calls. Otherwise <see cref="ProcessAsync"/> takes it.</summary>
    private protected virtual bool TryProcess() => false;

    /// <summary>Runs once, after the last input.</summary>
    protected virtual Task EndAsync() => Task.CompletedTask;

    /// <inheritdoc/>
    protected sealed override void BeginProcessing() => Run(BeginAsync);

    /// <inheritdoc/>
    protected sealed override void ProcessRecord()
    {
        try
        {
            if (TryProcess())
            {
                return;
            }
        }
        catch (TenantException e)
        {
            ThrowTerminatingError(e.ToErrorRecord());
        }

        Run(ProcessAsync);
    }

    /// <inheritdoc/>
    protected sealed override void EndProcessing() => Run(EndAsync);

    /// <inheritdoc/>
    protected sealed override void StopProcessing()
    {
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It had ended by itself.
        }
    }

    /// <summary>Takes a notice of the server, on any thread; it is written on the pipeline's.</summary>
    protected void OnNotice(ServerNotice notice) => _notices.Add(notice);

    /// <summary>Writes the notices that have come. Called between rows and at the end of each step.</summary>
    protected void WriteNotices()
    {
        while (_notices.TryTake(out var notice))
        {
            WriteNotice(notice);
        }
    }

    /// <summary>Writes a notice to its stream.</summary>
    private protected void WriteNotice(ServerNotice notice)
    {
        switch (notice.Severity)
        {
            case "WARNING":
                WriteWarning(notice.Message);
                break;
            case "NOTICE" or "INFO":
                WriteInformation(new InformationRecord(notice.Message, MyInvocation.MyCommand.Name));
                break;
            default:
                WriteDebug($"{notice.Severity}: {notice.Message}");
                break;
        }
    }

    /// <summary>Makes a connection the runspace's current one, after its warnings: where one of them ends the call (-WarningAction Stop), it is closed.</summary>
    private protected async Task KeepAsync(TenantDatabase database)
    {
        try
        {
            foreach (var warning in database.TakeWarnings())
            {
                WriteWarning(warning);
            }
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }

        RunspaceHoldings.Current.Add(database);
    }

    /// <summary>Writes what became known of the connection while the command ran, once.</summary>
    private protected virtual void WriteWarnings()
    {
    }

    /// <summary>Writes an error that ends this item only.</summary>
    protected void WriteFailure(TenantException exception, object? target = null) => WriteError(exception.ToErrorRecord(target));

    /// <summary>ShouldProcess, with a clear error where it asks and nobody can answer.</summary>
    /// <exception cref="TenantException"><c>ConfirmationNeeded</c>.</exception>
    private protected bool AskTo(string target, string action) => Ask(() => ShouldProcess(target, action), "-Confirm:$false");

    /// <summary>The same for what weighs more than all else that the cmdlet does: asks as a command of high impact would.</summary>
    /// <exception cref="TenantException"><c>ConfirmationNeeded</c>.</exception>
    private protected bool AskHighTo(string target, string action)
    {
        if (!AskTo(target, action))
        {
            return false;
        }

        // Whoever is asked about less was asked just now, and -Confirm:$false is an answer.
        var preference = SessionState.PSVariable.GetValue("ConfirmPreference") is { } set && LanguagePrimitives.TryConvertTo<ConfirmImpact>(set, out var impact)
            ? impact
            : ConfirmImpact.High;
        return MyInvocation.BoundParameters.ContainsKey("Confirm") || preference != ConfirmImpact.High
            || Ask(() => ShouldContinue($"{action}?", MyInvocation.MyCommand.Name), "-Confirm:$false");
    }

    /// <summary>Asks, with a clear error where nobody can answer.</summary>
    /// <param name="ask">What asks.</param>
    /// <param name="wayOut">The parameter that answers beforehand.</param>
    /// <exception cref="TenantException"><c>ConfirmationNeeded</c>.</exception>
    private protected static bool Ask(Func<bool> ask, string wayOut)
    {
        // PowerShell's console reads null where its input has ended, and trips over it.
        try
        {
            return ask();
        }
        catch (Exception e) when (e is HostException or PSInvalidOperationException or NotImplementedException or NullReferenceException)
        {
            throw new TenantException(
                "ConfirmationNeeded",
                TenantErrorKind.InvalidState,
                $"The command asks before it goes on, and nobody can answer here. Give {wayOut} if that is what you want.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Lets go of what the cmdlet holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stop.Dispose();
        }
    }

    private void Run(Func<Task> body)
    {
        try
        {
            PipelineContext.Run(body);
        }
        catch (PipelineStoppedException)
        {
            throw;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (TenantException e)
        {
            TryWriteNotices();
            ThrowTerminatingError(e.ToErrorRecord());
        }

        TryWriteNotices();
    }

    private void TryWriteNotices()
    {
        if (!_stop.IsCancellationRequested)
        {
            WriteNotices();
            WriteWarnings();
        }
    }
}
