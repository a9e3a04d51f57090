using System.Threading.Channels;

namespace Tenants.Engine.Queries.Many;

/// <summary>
/// What one tenant's run has given and nobody has read yet: never more than two batches, whatever the result holds. A run that fits
/// into one is handed over whole when it has ended, so that it costs no waiting at all.
/// </summary>
/// <param name="budget">What all runs together may keep.</param>
internal sealed class RunOutput(OutputBudget budget)
{
    private const int MostItems = 256;
    private const long MostBytes = 1 << 20;

    private readonly object _lock = new();

    // Most runs hear of none.
    private UnreadNotices? _notices;

    // What is being made, by whoever runs it.
    private List<object?> _batch = [];
    private long _bytes;

    private Channel<Batch>? _batches;
    private Batch? _rest;
    private bool _isTaken;
    private bool _isPostponed;

    /// <summary>True once it is read: its turn has come.</summary>
    public bool IsTaken => Volatile.Read(ref _isTaken);

    /// <summary>True if there is something to hand over.</summary>
    public bool HasItems => _batch.Count > 0;

    /// <summary>True if it must be handed over before more is added.</summary>
    public bool IsFull => _batch.Count >= MostItems || (_bytes >= MostBytes && HasItems);

    /// <summary>Adds an object, and what the server said before it.</summary>
    public void Add(object? item)
    {
        AddNotices();
        _batch.Add(item);
    }

    /// <summary>Adds to what the batch holds, about.</summary>
    public void Weigh(long bytes)
    {
        // What makes no object of a row keeps nothing of it.
        if (HasItems)
        {
            _bytes += bytes;
            budget.Take(bytes);
        }
    }

    /// <summary>Adds a notice of the server's, on any thread.</summary>
    public void Add(ServerNotice notice) => LazyInitializer.EnsureInitialized(ref _notices).Add(notice);

    /// <summary>Hands a batch over if there is room.</summary>
    public bool TryHandOver()
    {
        lock (_lock)
        {
            _batches ??= NewChannel();
        }

        return TryWrite();
    }

    /// <summary>Hands a batch over as soon as there is room.</summary>
    /// <param name="patience">How long it waits as long as its turn has not come.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>False if its turn did not come: all that it gave is forgotten.</returns>
    public async ValueTask<bool> HandOverAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        while (!TryHandOver())
        {
            var room = _batches!.Writer.WaitToWriteAsync(cancellationToken).AsTask();
            if (!IsTaken)
            {
                using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
                if (await Task.WhenAny(room, Task.Delay(patience, over.Token)).ConfigureAwait(false) != room && TryForget())
                {
                    return false;
                }

                await over.CancelAsync().ConfigureAwait(false);
            }

            await room.ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>It has ended: what is left is there to be read.</summary>
    public void Complete()
    {
        AddNotices();
        lock (_lock)
        {
            _rest = new Batch(_batch, _bytes);
            _batches?.Writer.TryComplete();
        }
    }

    /// <summary>Its statement was stopped, for its turn had not come.</summary>
    /// <returns>False if it has come meanwhile: then it runs again at once.</returns>
    public bool TryPostpone()
    {
        Volatile.Read(ref _notices)?.Clear();
        lock (_lock)
        {
            return _isPostponed = !_isTaken;
        }
    }

    /// <summary>Its turn has come.</summary>
    /// <returns>True if it was stopped, and must be run again.</returns>
    public bool Take()
    {
        lock (_lock)
        {
            _isTaken = true;
            if (_rest is null)
            {
                _batches ??= NewChannel();
            }

            return _isPostponed;
        }
    }

    /// <summary>The next batch, or null at the end.</summary>
    public async ValueTask<IReadOnlyList<object?>?> ReadAsync(CancellationToken cancellationToken)
    {
        while (_batches is { } batches)
        {
            if (batches.Reader.TryRead(out var batch))
            {
                budget.GiveBack(batch.Bytes);
                return batch.Items;
            }

            if (!await batches.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
            {
                break;
            }
        }

        var rest = _rest!;
        _rest = new Batch([], 0);
        budget.GiveBack(rest.Bytes);
        return rest.Items.Count > 0 ? rest.Items : null;
    }

    private static Channel<Batch> NewChannel() => Channel.CreateBounded<Batch>(
        new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true });

    private bool TryWrite()
    {
        if (!_batches!.Writer.TryWrite(new Batch(_batch, _bytes)))
        {
            return false;
        }

        _batch = [];
        _bytes = 0;
        return true;
    }

    private bool TryForget()
    {
        lock (_lock)
        {
            if (_isTaken)
            {
                return false;
            }

            _batches!.Writer.TryComplete();
            while (_batches.Reader.TryRead(out var batch))
            {
                _bytes += batch.Bytes;
            }

            budget.GiveBack(_bytes);
            _batches = null;
            _batch = [];
            _bytes = 0;
            return true;
        }
    }

    private void AddNotices()
    {
        while (Volatile.Read(ref _notices) is { } notices && notices.TryTake(out var notice))
        {
            _batch.Add(notice);
        }
    }

    private sealed record Batch(IReadOnlyList<object?> Items, long Bytes);
}
