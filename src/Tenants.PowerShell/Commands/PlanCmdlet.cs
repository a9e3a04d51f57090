using System.Management.Automation;
using Tenants.Engine.Connections;
using Tenants.Engine.Plans;

namespace Tenants.Commands;

/// <summary>The base of the cmdlets that change what lies in the database by a <see cref="Plan"/>.</summary>
public abstract class PlanCmdlet : TenantConnectionCmdlet
{
    private const int RaceAttempts = 5;

    /// <summary>The error of a plan that another run has overtaken: it is made anew then.</summary>
    private protected const string TableChanged = nameof(TableChanged);

    private static readonly TimeSpan s_racePause = TimeSpan.FromMilliseconds(200);

    private readonly HashSet<string> _told = [];
    private bool _yesToAll;
    private bool _noToAll;

    /// <summary>Answers yes where the command would ask before it hurts somebody.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    /// <summary>Initialises the database where that has not been done.</summary>
    /// <param name="database">The database.</param>
    /// <param name="type">The type of tenant identifiers; null where any will do.</param>
    /// <param name="schema">The schema's name.</param>
    /// <param name="alreadyDone">What to say where it was done; null for nothing.</param>
    /// <returns>Whether the database is initialised now; false if that was only shown or refused, and then with what would be there.</returns>
    private protected async Task<(bool IsReady, Assumptions Assumed)> InitializeAsync(TenantDatabase database, TenantIdType? type = null, string schema = "tenants", string? alreadyDone = null)
    {
        for (var attempt = 0; ; attempt++)
        {
            var (plan, installation) = await InitializePlanner.PlanAsync(database, type, schema, StopToken);
            try
            {
                var isReady = await ApplyAsync(database, plan, "Make it ready for tenants", alreadyDone);
                return (isReady, isReady ? Assumptions.None : new Assumptions(installation, []));
            }
            catch (TenantException e) when (attempt < RaceAttempts && InitializePlanner.IsRace(e))
            {
                // Another process does the same at this moment: look again what is missing.
                await Task.Delay(s_racePause, StopToken);
            }
        }
    }

    /// <summary>Warns, asks, and runs a plan; under <c>-WhatIf</c> shows the statements that would run, and no more.</summary>
    /// <param name="database">Where it runs.</param>
    /// <param name="plan">What runs.</param>
    /// <param name="action">What it does, for people: <c>Keep tenants apart</c>.</param>
    /// <param name="nothingMissing">What to say where nothing is missing; null for nothing.</param>
    /// <param name="run">What runs it; null for all of it in one transaction.</param>
    /// <returns>True if it ran, or nothing was missing; false if it was only shown or refused.</returns>
    private protected async Task<bool> ApplyAsync(TenantDatabase database, Plan plan, string action, string? nothingMissing, Func<Task>? run = null)
    {
        // What concerns the whole database comes with every table.
        foreach (var warning in plan.Warnings.Where(_told.Add))
        {
            WriteWarning(warning);
        }

        if (plan.IsEmpty)
        {
            if (nothingMissing is not null)
            {
                Say(nothingMissing);
            }

            return true;
        }

        foreach (var note in plan.Notes)
        {
            Say(note);
        }

        if (!AskAll(plan) || !Confirm(plan, action))
        {
            return false;
        }

        if (run is not null)
        {
            await run();
            return true;
        }

        // Made here, on the pipeline's thread, for that is where it reports: the runner tells of its steps on any thread.
        IProgress<PlanStep> told = new Progress<PlanStep>(TellStep);
        await PlanRunner.RunAsync(database, plan, told.Report, OnNotice, StopToken);
        return true;
    }

    /// <summary>Says something on the host and the information stream; it is no output.</summary>
    private protected void Say(string text) =>
        WriteInformation(new HostInformationMessage { Message = text }, ["PSHOST"]);

    /// <summary>Tells of a statement before it runs.</summary>
    private protected void TellStep(PlanStep step)
    {
        try
        {
            WriteVerbose($"{step.Up.TrimEnd()}; -- {step.LockText}");
        }
        catch (PipelineStoppedException)
        {
            // The run hears of that by its token, and undoes itself.
        }
    }

    private bool AskAll(Plan plan)
    {
        foreach (var question in plan.Questions)
        {
            // What is only shown hurts nobody.
            if (IsWhatIf || Force)
            {
                WriteWarning(question);
            }
            else if (!Ask(() => ShouldContinue(question, MyInvocation.MyCommand.Name, ref _yesToAll, ref _noToAll), "-Force"))
            {
                return false;
            }
        }

        return true;
    }

    // Under -WhatIf the text is the script itself; otherwise -Verbose prints each statement as it runs.
    private bool Confirm(Plan plan, string action)
    {
        var what = $"{action}: {plan.Target}";
        if (Force && !IsWhatIf && !MyInvocation.BoundParameters.ContainsKey("Confirm"))
        {
            return true;
        }

        return Ask(
            () => ShouldProcess(IsWhatIf ? $"{what}\n{PlanRunner.ToScript(plan)}" : what, $"{what}\n{PlanRunner.ToScript(plan)}", MyInvocation.MyCommand.Name),
            "-Confirm:$false");
    }
}
