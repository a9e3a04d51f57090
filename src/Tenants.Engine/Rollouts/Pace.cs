using System.Diagnostics;

namespace Tenants.Engine.Rollouts;

/// <summary>How fast rows are filled in, and how long the rest will take.</summary>
internal sealed class Pace(BackfillState state, TenantRolloutProgress progress)
{
    private readonly long _begin = Stopwatch.GetTimestamp();
    private long _block = state.NextBlock;
    private long _rows;

    /// <summary>A portion is done.</summary>
    /// <param name="block">The block that comes next.</param>
    /// <param name="rows">How many rows it held.</param>
    public void Add(long block, long rows)
    {
        _block = block;
        _rows += rows;
    }

    /// <summary>What is to be reported now.</summary>
    /// <param name="waitsFor">Whom it waits for.</param>
    public TenantRolloutProgress Report(string? waitsFor)
    {
        var elapsed = Stopwatch.GetElapsedTime(_begin);
        var done = _block - state.NextBlock;
        return progress with
        {
            Done = state.Blocks == 0 ? 1 : (double)_block / state.Blocks,
            Rows = _rows,
            RowsPerSecond = elapsed > TimeSpan.Zero ? _rows / elapsed.TotalSeconds : null,
            Left = done > 0 ? elapsed * ((double)(state.Blocks - _block) / done) : null,
            WaitsFor = waitsFor,
        };
    }
}
