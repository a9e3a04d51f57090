using System.Diagnostics;

namespace Tenants.Benchmarks.Online;

/// <summary>Listens to a rollout's progress, and tells how fast its longest filling in of rows was, pauses included.</summary>
internal sealed class BackfillRate
{
    private readonly Lock _lock = new();
    private readonly Stopwatch _clock = new();
    private int _step;
    private long _rows;

    /// <summary>Rows in a second.</summary>
    public double RowsPerSecond { get; private set; }

    /// <summary>Takes what the rollout tells, on any thread.</summary>
    public void See(TenantRolloutProgress progress)
    {
        lock (_lock)
        {
            if (progress.Step != _step)
            {
                _step = progress.Step;
                _clock.Restart();
            }

            if (progress.Rows is { } rows && rows > _rows)
            {
                _rows = rows;
                RowsPerSecond = rows / _clock.Elapsed.TotalSeconds;
            }
        }
    }
}
