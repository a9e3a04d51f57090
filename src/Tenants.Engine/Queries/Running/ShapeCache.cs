using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Tenants.Engine.Connections;

namespace Tenants.Engine.Queries.Running;

/// <summary>Remembers the shapes of statements for each connection, so that the second call of a statement asks nothing.</summary>
internal sealed class ShapeCache
{
    private const int Capacity = 1000;

    private static readonly ConditionalWeakTable<TenantDatabase, ShapeCache> s_caches = [];

    private readonly ConcurrentDictionary<string, StatementShape> _shapes = new(StringComparer.Ordinal);

    /// <summary>The cache of a connection.</summary>
    public static ShapeCache Of(TenantDatabase database) => s_caches.GetValue(database, static _ => new ShapeCache());

    /// <summary>What is known of a statement.</summary>
    public StatementShape Find(string key) => _shapes.GetValueOrDefault(key, StatementShape.Unknown);

    /// <summary>Remembers a shape.</summary>
    public void Keep(string key, StatementShape shape)
    {
        if (_shapes.Count >= Capacity)
        {
            _shapes.Clear();
        }

        _shapes[key] = shape;
    }
}
