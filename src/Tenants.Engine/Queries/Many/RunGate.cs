namespace Tenants.Engine.Queries.Many;

/// <summary>Lets so many tenants run at once, and fewer once the server granted no more connections.</summary>
/// <param name="limit">How many at most.</param>
internal sealed class RunGate(int limit)
{
    // After so many runs for each that may run at once, one more is tried: what took the connections may have given them back.
    private const int RunsBeforeGrowth = 16;

    private readonly object _lock = new();
    private readonly int _wanted = limit;
    private readonly LinkedList<TaskCompletionSource> _waiting = [];
    private int _running;
    private int _endedSinceChange;

    /// <summary>How many may run at once.</summary>
    public int Limit { get; private set; } = limit;

    /// <summary>Waits until one more may run.</summary>
    /// <param name="isNext">Before the others that wait: its output is what is waited for.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task EnterAsync(bool isNext, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_running < Limit)
            {
                _running++;
                return Task.CompletedTask;
            }

            var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var place = isNext ? _waiting.AddFirst(turn) : _waiting.AddLast(turn);
            return WaitAsync(place, cancellationToken);
        }
    }

    /// <summary>It runs no more.</summary>
    public void Exit()
    {
        lock (_lock)
        {
            _running--;
            if (Limit < _wanted && ++_endedSinceChange >= RunsBeforeGrowth * Limit)
            {
                _endedSinceChange = 0;
                Limit++;
            }

            while (_running < Limit && _waiting.First is { } next)
            {
                _waiting.Remove(next);
                _running++;
                next.Value.SetResult();
            }
        }
    }

    /// <summary>
    /// One that runs got no connection. For a while fewer run than were granted: one connection is left for whoever works with the output.
    /// </summary>
    /// <returns>False where no other runs, so that waiting for one is of no use.</returns>
    public bool TryShrink()
    {
        lock (_lock)
        {
            var others = _running - 1;
            Limit = Math.Max(1, Math.Min(Limit, others - 1));
            _endedSinceChange = 0;
            return others > 0;
        }
    }

    private async Task WaitAsync(LinkedListNode<TaskCompletionSource> place, CancellationToken cancellationToken)
    {
        try
        {
            await place.Value.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lock (_lock)
            {
                if (place.List is not null)
                {
                    _waiting.Remove(place);
                    throw;
                }
            }

            // Its turn came at the same moment.
            Exit();
            throw;
        }
    }
}
