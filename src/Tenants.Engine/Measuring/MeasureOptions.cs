namespace Tenants.Engine.Measuring;

/// <summary>How a query is measured.</summary>
public sealed record MeasureOptions
{
    /// <summary>How many pairs are run, as the tenant and as the admin in turn.</summary>
    public int Repeat { get; init; } = 5;

    /// <summary>Lets an admin who is neither a superuser nor has BYPASSRLS lock his own tables, for as long as a run without row security takes.</summary>
    public bool AllowLock { get; init; }

    /// <summary>How long each run may take on the server; zero for no limit, null for the connection's own limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>Told before each pair: its number, from 1.</summary>
    public Action<int>? OnPair { get; init; }
}
