namespace Tenants.Engine.Queries.Many;

/// <summary>How a query runs as many tenants.</summary>
public sealed record ManyTenantsOptions
{
    /// <summary>How many run at once unless told otherwise: what <c>ForEach-Object -Parallel</c> does, and no burden for a server that others use.</summary>
    public const int DefaultThrottleLimit = 5;

    /// <summary>How each is run. What it says of notices is not used: they come with the tenant's output.</summary>
    public QueryOptions Query { get; init; } = new();

    /// <summary>How many run at once at most, each over a connection of its own. Fewer where the pool, the server or a pooler grants fewer.</summary>
    public int ThrottleLimit { get; init; } = DefaultThrottleLimit;

    /// <summary>Tenants' output comes in the order in which they were added; else in that in which it is there.</summary>
    public bool KeepOrder { get; init; }

    /// <summary>Makes a tenant's sink, which hands on what it makes of the rows. Called on any thread.</summary>
    public required Func<string, Action<object?>, IRowSink> CreateSink { get; init; }

    /// <summary>Makes a tenant that is not there; null where that is an error.</summary>
    public Func<string, CancellationToken, Task>? OnMissing { get; init; }

    /// <summary>
    /// How long a tenant whose turn has not come may wait for room with its statement running. Its limit runs on, and its
    /// transaction holds back the server's clean-up: so it is stopped then, and run anew when its turn has come.
    /// </summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many bytes all of them together may have given that nobody has read, before no further one begins.</summary>
    internal long MostUnread { get; init; } = OutputBudget.Default;
}
