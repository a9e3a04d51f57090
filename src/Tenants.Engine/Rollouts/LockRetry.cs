using System.Diagnostics;
using Npgsql;
using Polly;
using Polly.Retry;

namespace Tenants.Engine.Rollouts;

/// <summary>
/// Tries again what gave up a lock after a moment, later and later, so that those who queued behind it go on meanwhile; for as
/// long as the patience lasts.
/// </summary>
internal static class LockRetry
{
    /// <summary>How long a step that others wait for may wait and work, all in all.</summary>
    public static readonly TimeSpan Budget = TimeSpan.FromSeconds(2);

    /// <summary>Runs an attempt until one succeeds.</summary>
    /// <param name="attempt">The attempt; what it did before it fails is undone.</param>
    /// <param name="onRetry">Told of the pause that comes.</param>
    /// <param name="options">How long it tries.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task RunAsync(Func<CancellationToken, Task> attempt, Action onRetry, RolloutOptions options, CancellationToken cancellationToken)
    {
        var begin = Stopwatch.GetTimestamp();
        var retry = new ResiliencePipelineBuilder().AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = outcome => ValueTask.FromResult(
                outcome.Outcome.Exception is { } e && IsBusy(e) && !cancellationToken.IsCancellationRequested && Stopwatch.GetElapsedTime(begin) < options.Patience),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(200),
            MaxDelay = TimeSpan.FromSeconds(5),
            MaxRetryAttempts = int.MaxValue,
            OnRetry = _ =>
            {
                onRetry();
                return default;
            },
        }).Build();
        await retry.ExecuteAsync(async token => await attempt(token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>True where somebody else was in the way: a lock's limit, a step's limit, a deadlock.</summary>
    public static bool IsBusy(Exception exception) => exception is PostgresException
    {
        SqlState: PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.DeadlockDetected,
    };
}
