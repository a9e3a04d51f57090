namespace Tenants.Engine.Queries.Many;

/// <summary>What all tenants together have given and nobody has read yet. Once that is too much, no further tenant begins; those that run hold two batches each at most.</summary>
/// <param name="most">How many bytes, about.</param>
internal sealed class OutputBudget(long most)
{
    /// <summary>As much as a process can spare without a thought.</summary>
    public const long Default = 64 << 20;

    private readonly object _lock = new();
    private TaskCompletionSource? _room;
    private long _held;

    /// <summary>So much more is kept.</summary>
    public void Take(long bytes) => Interlocked.Add(ref _held, bytes);

    /// <summary>So much was read, or forgotten.</summary>
    public void GiveBack(long bytes)
    {
        lock (_lock)
        {
            if (Interlocked.Add(ref _held, -bytes) < most)
            {
                _room?.TrySetResult();
                _room = null;
            }
        }
    }

    /// <summary>Ends when there is room for one more tenant.</summary>
    public Task RoomAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (Interlocked.Read(ref _held) < most)
            {
                return Task.CompletedTask;
            }

            _room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _room.Task.WaitAsync(cancellationToken);
        }
    }
}
