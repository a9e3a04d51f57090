namespace Tenants.Engine.Importing;

/// <summary>
/// What goes to the server in one round trip: a batch for each run of objects that have their layout in common, in the order of the objects. So objects that
/// change from one to the next cost a statement each, but not a round trip.
/// </summary>
internal sealed class ImportLoad
{
    // Beyond that the statements cost more than the wire.
    private const int MaxBatches = 256;

    private readonly List<ImportBatch> _batches = [];
    private ImportBatch? _spare;
    private int _rowsBefore;
    private long _bytesBefore;

    /// <summary>The batches.</summary>
    public IReadOnlyList<ImportBatch> Batches => _batches;

    /// <summary>The one that is being filled; null before the first.</summary>
    public ImportBatch? Last => _batches.Count > 0 ? _batches[^1] : null;

    /// <summary>It holds no row.</summary>
    public bool IsEmpty => _rowsBefore == 0 && Last is not { Count: > 0 };

    /// <summary>It is time to send it.</summary>
    public bool IsFull => Last is { Count: > 0 } last
        && (_rowsBefore + last.Count >= ImportBatch.MaxRows || _bytesBefore + last.Bytes >= ImportBatch.MaxBytes || _batches.Count >= MaxBatches);

    /// <summary>Sees to it that the last batch is of a layout.</summary>
    public void Open(ImportLayout layout)
    {
        if (Last?.Layout == layout)
        {
            return;
        }

        if (Last is { } last)
        {
            _rowsBefore += last.Count;
            _bytesBefore += last.Bytes;
            if (last.Count == 0)
            {
                _batches.RemoveAt(_batches.Count - 1);
            }
        }

        _batches.Add(_spare?.Layout == layout ? _spare : new ImportBatch(layout));
        _spare = null;
    }

    /// <summary>Makes it empty. The room of the last batch is used again.</summary>
    public void Clear()
    {
        _spare = Last;
        _spare?.Clear();
        _batches.Clear();
        _rowsBefore = 0;
        _bytesBefore = 0;
    }
}
