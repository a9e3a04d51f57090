using System.Collections.Concurrent;

namespace Tenants.Engine.Queries.Records;

/// <summary>
/// The classes that were made. There is a bound to them, for PowerShell remembers the members of every class that it meets for as
/// long as the process lives, so that none could be unloaded: a process that runs for months on ever new shapes must not grow.
/// A class of five columns was seen to take some 60 KB with all that, and its first row 1 ms.
/// </summary>
/// <param name="maxClasses">How many there may be.</param>
/// <param name="maxProperties">How many properties they may have together.</param>
internal sealed class RecordClasses(int maxClasses, int maxProperties)
{
    private readonly ConcurrentDictionary<RecordShape, RecordMaker> _makers = new();
    private readonly object _lock = new();
    private int _properties;

    /// <summary>Those of this process.</summary>
    public static RecordClasses Shared { get; } = new(maxClasses: 1000, maxProperties: 20_000);

    /// <summary>Makes the objects of a shape; null if it fits no class, or is new and there are as many as there may be.</summary>
    public RecordMaker? Find(RecordShape shape) =>
        _makers.TryGetValue(shape, out var known) ? known : shape.FitsClass ? Make(shape) : null;

    private RecordMaker? Make(RecordShape shape)
    {
        lock (_lock)
        {
            if (_makers.TryGetValue(shape, out var known))
            {
                return known;
            }

            if (_makers.Count >= maxClasses || _properties + shape.Names.Count > maxProperties)
            {
                return null;
            }

            _properties += shape.Names.Count;
            return _makers[shape] = RecordEmitter.Emit(shape);
        }
    }
}
