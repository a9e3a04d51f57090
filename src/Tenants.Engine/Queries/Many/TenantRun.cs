namespace Tenants.Engine.Queries.Many;

/// <summary>One tenant's part of a query that runs as many: what it gives, as it comes.</summary>
public sealed class TenantRun
{
    private readonly CancellationToken _cancellation;
    private int _announced;

    internal TenantRun(string tenant, OutputBudget budget, CancellationToken cancellationToken)
    {
        Output = new RunOutput(budget);
        Tenant = tenant;
        _cancellation = cancellationToken;
    }

    /// <summary>The tenant.</summary>
    public string Tenant { get; }

    /// <summary>True if it was not there and was created.</summary>
    public bool WasCreated { get; internal set; }

    /// <summary>Why it failed; null where it did not. There once all was read. What the statement did is undone.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>True once something of it is there to be read, or it has ended.</summary>
    internal bool IsAnnounced => Volatile.Read(ref _announced) != 0;

    internal RunOutput Output { get; }

    /// <summary>The next objects that the sink made, with <see cref="ServerNotice"/>s between them as they came.</summary>
    /// <returns>Null at the end.</returns>
    public ValueTask<IReadOnlyList<object?>?> ReadAsync() => Output.ReadAsync(_cancellation);

    /// <summary>It is there to be read.</summary>
    /// <returns>True the first time.</returns>
    internal bool TryAnnounce() => Interlocked.Exchange(ref _announced, 1) == 0;

    /// <summary>It has ended.</summary>
    internal void Complete(Exception? failure)
    {
        Failure = failure;
        Output.Complete();
    }
}
