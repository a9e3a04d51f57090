using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;

namespace Tenants.Results;

/// <summary>Shows how many tenants are done. Not before it has lasted a second, and not more often than people can read.</summary>
/// <param name="cmdlet">The cmdlet.</param>
/// <param name="activity">What is done.</param>
internal sealed class ManyTenantsProgress(Cmdlet cmdlet, string activity)
{
    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(300);

    private readonly long _begin = Stopwatch.GetTimestamp();
    private TimeSpan _next = s_first;
    private Task<long>? _counting;
    private Task? _tick;
    private long _done;

    /// <summary>How many tenants there are, where that is known.</summary>
    public long? Total { get; set; }

    /// <summary>Finds out how many there are, once that is to be shown; null where it cannot be known.</summary>
    public Func<Task<long>>? Count { get; init; }

    private bool IsShown => _next > s_first;

    /// <summary>One more is done.</summary>
    public void Add()
    {
        _done++;
        Show();
    }

    /// <summary>Waits for something, and shows meanwhile how far it is.</summary>
    /// <param name="waiting">What is waited for.</param>
    public async ValueTask<T> WatchAsync<T>(ValueTask<T> waiting)
    {
        if (waiting.IsCompleted)
        {
            return await waiting;
        }

        var task = waiting.AsTask();
        while (!task.IsCompleted)
        {
            if (_tick is not { IsCompleted: false })
            {
                _tick = Task.Delay(s_interval);
            }

            await Task.WhenAny(task, _tick);
            Show();
        }

        return await task;
    }

    /// <summary>Takes it away.</summary>
    public void Hide()
    {
        if (IsShown)
        {
            cmdlet.WriteProgress(new ProgressRecord(0, activity, "done") { RecordType = ProgressRecordType.Completed });
        }
    }

    private void Show()
    {
        var elapsed = Stopwatch.GetElapsedTime(_begin);
        if (elapsed < _next)
        {
            return;
        }

        _next = elapsed + s_interval;
        if (Total is null)
        {
            _counting ??= Count?.Invoke();
            Total = _counting is { IsCompletedSuccessfully: true } counted ? counted.Result : null;
        }

        var rate = _done / elapsed.TotalSeconds;
        var of = Total is { } total ? string.Create(CultureInfo.CurrentCulture, $" of {total:N0}") : "";
        cmdlet.WriteProgress(new ProgressRecord(0, activity, string.Create(CultureInfo.CurrentCulture, $"{_done:N0}{of} tenants, {rate:N0} a second"))
        {
            PercentComplete = Total is > 0 and var all ? (int)Math.Min(100, _done * 100 / all) : -1,
            SecondsRemaining = Total is { } whole && rate > 0 ? (int)Math.Min(int.MaxValue, Math.Max(0, whole - _done) / rate) : -1,
        });
    }
}
