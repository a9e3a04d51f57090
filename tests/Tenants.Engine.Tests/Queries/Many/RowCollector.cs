using Tenants.Engine.Queries;
using Tenants.Engine.Queries.Many;

namespace Tenants.Engine.Tests.Queries.Many;

/// <summary>Hands on the first column of each row.</summary>
internal sealed class RowCollector(Action<object?> write) : IRowSink
{
    public void StartResult(QueryCursor cursor)
    {
    }

    public void Row(QueryCursor cursor) => write(cursor.Row[0]);

    public void Complete(QueryCursor cursor)
    {
    }
}
