using System.Diagnostics;

namespace Tenants.Engine.Queries.Running;

/// <summary>
/// Ends from here what has outrun its limit on the server. A tenant's SQL can reset statement_timeout, and a block that catches
/// query_canceled survives a cancel: then its backend is ended. The driver leaves its end of the connection two seconds after a
/// cancel that nobody answers, and the server works on: whoever waits looks after that.
/// </summary>
internal sealed class Watchdog
{
    // The server's own limit comes first wherever it is left to work.
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // A timer takes no more than 49 days.
    private static readonly TimeSpan s_longest = TimeSpan.FromDays(20);

    private readonly TimeSpan _limit;
    private readonly Func<ValueTask> _cancel;
    private readonly Func<Task> _terminate;

    /// <summary>Watches nothing yet.</summary>
    /// <param name="limit">The limit for a statement; zero for none.</param>
    /// <param name="cancel">Has the server cancel the statement.</param>
    /// <param name="terminate">Has the server end the backend.</param>
    public Watchdog(TimeSpan limit, Func<ValueTask> cancel, Func<Task> terminate)
    {
        _limit = limit;
        _cancel = cancel;
        _terminate = terminate;
    }

    /// <summary>The limit for a statement.</summary>
    public TimeSpan Limit => _limit;

    /// <summary>True once it had to step in.</summary>
    public bool HasFired { get; private set; }

    /// <summary>Waits for the server, for as long as its statements may take.</summary>
    /// <param name="waiting">What is waited for.</param>
    /// <param name="statements">How many statements it stands for.</param>
    public ValueTask<T> GuardAsync<T>(Task<T> waiting, int statements) =>
        _limit <= TimeSpan.Zero || waiting.IsCompleted ? new ValueTask<T>(waiting) : new ValueTask<T>(WatchAsync(waiting, statements));

    private async Task<T> WatchAsync<T>(Task<T> waiting, int statements)
    {
        var patience = (_limit * Math.Max(1, statements)) + Slack;
        if (await EndsWithinAsync(waiting, patience).ConfigureAwait(false))
        {
            return await waiting.ConfigureAwait(false);
        }

        HasFired = true;
        await _cancel().ConfigureAwait(false);
        for (var begin = Stopwatch.GetTimestamp(); !await EndsWithinAsync(waiting, Patience).ConfigureAwait(false) && Stopwatch.GetElapsedTime(begin) < 6 * Patience;)
        {
            await _terminate().ConfigureAwait(false);
        }

        return await waiting.ConfigureAwait(false);
    }

    // For every round trip that is waited for: a timer, and nothing that is thrown.
    private static async Task<bool> EndsWithinAsync(Task waiting, TimeSpan time)
    {
        await waiting.WaitAsync(time < s_longest ? time : s_longest).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return waiting.IsCompleted;
    }
}
