using System.Globalization;
using System.Management.Automation;
using Tenants.Engine.Plans;
using Tenants.Engine.Rollouts;
using Tenants.Hosting;

namespace Tenants.Commands;

/// <summary>The base of the cmdlets that can change tables in use, with short locks and unit by unit.</summary>
public abstract class RolloutCmdlet : PlanCmdlet
{
    /// <summary>
    /// The table is in use: no step holds others up for longer than two seconds, and each is kept as it is done. A run that is cut
    /// off goes on where it stopped when it is run again.
    /// </summary>
    [Parameter]
    public SwitchParameter Online { get; set; }

    /// <summary>How long a step of -Online tries to get a lock, two seconds at a time: <c>90s</c>, <c>5m</c>. Five minutes unless given.</summary>
    [Parameter]
    [Duration]
    public TimeSpan RetryFor { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Fails where a parameter was given that only -Online has.</summary>
    private protected void EnsureOnline(params string[] parameters)
    {
        if (!Online && parameters.Append(nameof(RetryFor)).FirstOrDefault(MyInvocation.BoundParameters.ContainsKey) is { } name)
        {
            throw new TenantException("OnlineNeeded", TenantErrorKind.InvalidArgument, $"-{name} is for tables in use: give -Online too.");
        }
    }

    /// <summary>How the rollout behaves, with its progress shown here.</summary>
    private protected RolloutOptions Options(int throttle = 0)
    {
        // Made on the pipeline's thread, for that is where they report.
        IProgress<TenantRolloutProgress> progress = new Progress<TenantRolloutProgress>(Show);
        IProgress<PlanStep> steps = new Progress<PlanStep>(TellStep);
        return new RolloutOptions
        {
            Throttle = throttle,
            Patience = RetryFor,
            OnProgress = progress.Report,
            OnStep = steps.Report,
            OnNotice = OnNotice,
            OnWarning = text => OnNotice(new ServerNotice("WARNING", "01000", text)),
        };
    }

    /// <summary>Takes the progress away.</summary>
    private protected void HideProgress() => WriteProgress(new ProgressRecord(0, MyInvocation.MyCommand.Name, "done") { RecordType = ProgressRecordType.Completed });

    private void Show(TenantRolloutProgress now)
    {
        var record = new ProgressRecord(0, $"{MyInvocation.MyCommand.Name} {now.Table}", $"{now.Step} of {now.Steps}: {now.Phase}")
        {
            PercentComplete = now.Done is { } done ? (int)(Math.Clamp(done, 0, 1) * 100) : -1,
            SecondsRemaining = now.Left is { } left ? (int)Math.Min(left.TotalSeconds, int.MaxValue) : -1,
            CurrentOperation = now.WaitsFor is { } who ? $"waits for {who}"
                : now.Rows is { } rows ? string.Create(CultureInfo.CurrentCulture, $"{rows:N0} rows, {now.RowsPerSecond ?? 0:N0} a second")
                : null,
        };
        try
        {
            WriteProgress(record);
        }
        catch (PipelineStoppedException)
        {
            // The run hears of that by its token.
        }
    }
}
