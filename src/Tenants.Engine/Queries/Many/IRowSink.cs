namespace Tenants.Engine.Queries.Many;

/// <summary>Makes of what a query gives what its user gets. One for each tenant, used by one thread at a time, whichever that is.</summary>
public interface IRowSink
{
    /// <summary>Takes the next result's columns.</summary>
    /// <param name="cursor">The query.</param>
    void StartResult(QueryCursor cursor);

    /// <summary>Takes a row.</summary>
    /// <param name="cursor">The query.</param>
    void Row(QueryCursor cursor);

    /// <summary>All was read, and is committed.</summary>
    /// <param name="cursor">The query.</param>
    void Complete(QueryCursor cursor);
}
