using Tenants.Engine.Queries;

namespace Tenants.Results;

/// <summary>Writes how many rows were returned, and changed by statements that return none.</summary>
internal sealed class CountWriter(string? tenant, Action<object?> write) : QueryWriter
{
    private long _rows;

    /// <inheritdoc/>
    public override void StartResult(QueryCursor cursor)
    {
    }

    /// <inheritdoc/>
    public override void Row(QueryCursor cursor) => _rows++;

    /// <inheritdoc/>
    public override void End(QueryCursor cursor)
    {
        // As an object: PSObject takes a long for a double.
        object count = _rows + cursor.RecordsAffected;
        write(tenant is null ? count : ScalarWriter.Named(tenant, "Count", count));
    }
}
