namespace Tenants.Engine.Queries;

/// <summary>How a query is run.</summary>
public sealed record QueryOptions
{
    /// <summary>How long each statement may run on the server; zero for no limit, null for the connection's own limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The query may not write: a write is the server's error with SQLSTATE 25006. Outside a transaction of the user only.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Told of each notice of the server, on any thread.</summary>
    public Action<ServerNotice>? OnNotice { get; init; }
}
