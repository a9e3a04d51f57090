namespace Tenants.Engine.Rollouts;

/// <summary>How a rollout behaves towards the traffic on the table.</summary>
public sealed record RolloutOptions
{
    /// <summary>The share of its time in percent that the filling in of rows pauses: 0 for as fast as it goes, at most 95.</summary>
    public int Throttle { get; init; } = 20;

    /// <summary>How long a step tries to get a lock, a moment at a time, before the rollout gives up.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Told how far it has come, on any thread.</summary>
    public Action<TenantRolloutProgress>? OnProgress { get; init; }

    /// <summary>Told of each statement before it runs, on any thread.</summary>
    public Action<Plans.PlanStep>? OnStep { get; init; }

    /// <summary>Told of each notice of the server, on any thread.</summary>
    public Action<ServerNotice>? OnNotice { get; init; }

    /// <summary>Told what the user should hear, on any thread.</summary>
    public Action<string>? OnWarning { get; init; }

    /// <summary>Tests stop a run here: before and after each unit and each portion of rows.</summary>
    internal Func<string, Task>? OnPoint { get; init; }
}
