using System.Threading.Channels;
using Tenants.Engine.Connections;

namespace Tenants.Engine.Queries.Many;

/// <summary>
/// A query that runs as many tenants, each in a transaction of its own, several at once. Tenants are added and their output is read
/// by one caller; what is read too slowly holds the others back, so that memory stays flat however many tenants there are and
/// whatever each gives.
/// </summary>
public sealed class ManyTenantsQuery : IAsyncDisposable
{
    // Enough for those that run never to wait for the next name, and for a slow one not to hold up the others at once.
    private const int UnreadPerRunning = 16;

    private readonly CancellationTokenSource _stop;
    private readonly TenantRunner _runner;
    private readonly OutputBudget _budget;
    private readonly bool _keepsOrder;
    private readonly int _limit;
    private readonly List<Task> _tasks = [];
    private readonly Queue<TenantRun> _inOrder = new();
    private readonly Channel<TenantRun> _input = Channel.CreateUnbounded<TenantRun>(new UnboundedChannelOptions { SingleWriter = true });
    private readonly Channel<TenantRun> _announced = Channel.CreateUnbounded<TenantRun>(new UnboundedChannelOptions { SingleReader = true });
    private int _workers;
    private int _unread;
    private volatile bool _isReaderIdle;
    private bool _isDisposed;

    /// <summary>Opens nothing yet.</summary>
    /// <param name="database">The database.</param>
    /// <param name="query">The query.</param>
    /// <param name="options">How it runs.</param>
    /// <param name="cancellationToken">Cancels all that runs.</param>
    public ManyTenantsQuery(TenantDatabase database, Query query, ManyTenantsOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(database);
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(options);
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _keepsOrder = options.KeepOrder;
        _budget = new OutputBudget(options.MostUnread);
        _limit = MostAtOnce(database, options.ThrottleLimit);
        _runner = new TenantRunner(database, query, options, new RunGate(_limit), Announce, () => _isReaderIdle);
    }

    /// <summary>How many can run at once: as many as are wanted, and as the pool has connections, one of which is left for other work.</summary>
    /// <param name="database">The database.</param>
    /// <param name="wanted">How many are wanted.</param>
    public static int MostAtOnce(TenantDatabase database, int wanted)
    {
        ArgumentNullException.ThrowIfNull(database);
        return Math.Max(1, Math.Min(wanted, database.ConnectionsForCalls - 1));
    }

    /// <summary>Adds a tenant.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <returns>False if so many are unread that some must be read first.</returns>
    public bool TryAdd(string tenant)
    {
        if (_unread >= _limit * UnreadPerRunning)
        {
            return false;
        }

        var run = new TenantRun(tenant, _budget, _stop.Token);
        if (_keepsOrder)
        {
            _inOrder.Enqueue(run);
        }

        _unread++;
        _input.Writer.TryWrite(run);
        if (_workers < _limit)
        {
            _workers++;
            _tasks.Add(Task.Run(WorkAsync));
        }

        return true;
    }

    /// <summary>The next tenant of which there is something to read, if one is there. Read it to its end before the next one is asked for.</summary>
    public TenantRun? TryNext()
    {
        var isThere = _keepsOrder ? _inOrder.TryPeek(out var run) && run.IsAnnounced : _announced.Reader.TryPeek(out run);
        return isThere ? Take() : null;
    }

    /// <summary>The next tenant to read. Read it to its end before the next one is asked for.</summary>
    /// <returns>Null if all that were added are read.</returns>
    public async ValueTask<TenantRun?> NextAsync()
    {
        if (_unread == 0)
        {
            return null;
        }

        if (!_keepsOrder && !_announced.Reader.TryPeek(out _))
        {
            _isReaderIdle = true;
            try
            {
                await _announced.Reader.WaitToReadAsync(_stop.Token).ConfigureAwait(false);
            }
            finally
            {
                _isReaderIdle = false;
            }
        }

        return Take();
    }

    /// <summary>Ends it: what runs is cancelled on the server and undone, and connections are given back clean. Doing it twice does nothing.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        _input.Writer.TryComplete();
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_tasks).ConfigureAwait(false);
        _stop.Dispose();
    }

    private TenantRun Take()
    {
        var run = _keepsOrder ? _inOrder.Dequeue() : _announced.Reader.TryRead(out var announced) ? announced : throw new InvalidOperationException("Nothing is announced.");
        _unread--;
        if (run.Output.Take())
        {
            // Beside those that work through the list: they may all wait for this one to be read.
            _tasks.RemoveAll(t => t.IsCompleted);
            _tasks.Add(Task.Run(() => _runner.RunAsync(run, _stop.Token)));
        }

        return run;
    }

    private void Announce(TenantRun run)
    {
        if (run.TryAnnounce() && !_keepsOrder)
        {
            _announced.Writer.TryWrite(run);
        }
    }

    // Before one is taken out of the list: then all that came before it run or have run, so whoever is waited for is never held up here.
    private async ValueTask<bool> HasRoomAsync()
    {
        await _budget.RoomAsync(_stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return true;
    }

    private async Task WorkAsync()
    {
        while (await _input.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            while (await HasRoomAsync().ConfigureAwait(false) && _input.Reader.TryRead(out var run))
            {
                await _runner.RunAsync(run, _stop.Token).ConfigureAwait(false);
            }
        }
    }
}
