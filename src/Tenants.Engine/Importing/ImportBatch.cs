using System.Globalization;
using Npgsql;

namespace Tenants.Engine.Importing;

/// <summary>Rows on their way to the server.</summary>
/// <param name="layout">Their columns and forms.</param>
internal sealed class ImportBatch(ImportLayout layout)
{
    /// <summary>When it is full: larger ones are no faster; smaller ones wait for the network more often.</summary>
    public const int MaxRows = 16_384;

    /// <summary>The same, by what it holds.</summary>
    public const long MaxBytes = 4 << 20;

    private readonly ColumnBuffer[] _buffers = layout.CreateBuffers();

    /// <summary>Their columns and forms.</summary>
    public ImportLayout Layout => layout;

    /// <summary>How many rows it holds.</summary>
    public int Count { get; private set; }

    /// <summary>The number of its first row's object, from 1.</summary>
    public long First { get; private set; }

    /// <summary>About how many bytes it holds.</summary>
    public long Bytes { get; private set; }

    /// <summary>The place of the column whose form could not hold the last object's value.</summary>
    public int Misfit { get; private set; }

    /// <summary>Adds an object.</summary>
    /// <param name="values">Its values, in the order of the shape's names.</param>
    /// <param name="number">Its number.</param>
    /// <returns>False if a column's form cannot hold its value; then nothing is added.</returns>
    /// <exception cref="TenantException">A value cannot be sent at all.</exception>
    public bool TryAdd(IReadOnlyList<object?> values, long number)
    {
        var positions = layout.Shape.Positions;
        var at = 0;
        long bytes = 0;
        try
        {
            for (; at < _buffers.Length; at++)
            {
                if (!_buffers[at].TryAdd(values[positions[at]]))
                {
                    Misfit = at;
                    TakeBack(at);
                    return false;
                }

                bytes += _buffers[at].Bytes;
            }
        }
        catch (TenantException e)
        {
            TakeBack(at);
            throw e.OfObject(number, layout.Shape.Columns[at].Name);
        }

        First = Count++ == 0 ? number : First;
        Bytes = bytes;
        return true;
    }

    /// <summary>Makes it empty.</summary>
    public void Clear()
    {
        Count = 0;
        Bytes = 0;
        foreach (var buffer in _buffers)
        {
            buffer.Clear();
        }
    }

    /// <summary>The statement that inserts some of the rows.</summary>
    /// <param name="start">The first row.</param>
    /// <param name="count">How many.</param>
    /// <param name="without">The place of a column that gets NULL instead; -1 for none.</param>
    public NpgsqlBatchCommand ToCommand(int start, int count, int without = -1)
    {
        var command = new NpgsqlBatchCommand(layout.Sql);
        for (var i = 0; i < _buffers.Length; i++)
        {
            command.Parameters.Add(_buffers[i].ToParameter(start, count, isNull: i == without));
        }

        return command;
    }

    /// <summary>The value that a row has for a column, as text of the invariant culture.</summary>
    /// <param name="row">The row.</param>
    /// <param name="column">The column's name.</param>
    /// <param name="value">The value; null for NULL.</param>
    /// <returns>False if the objects have none, and the column gets its default.</returns>
    public bool TryGetText(int row, string column, out string? value)
    {
        for (var i = 0; i < _buffers.Length; i++)
        {
            if (layout.Shape.Columns[i].Name == column)
            {
                value = Convert.ToString(_buffers[i][row], CultureInfo.InvariantCulture);
                return true;
            }
        }

        value = null;
        return false;
    }

    private void TakeBack(int columns)
    {
        foreach (var buffer in _buffers.AsSpan(0, columns))
        {
            buffer.RemoveLast();
        }
    }
}
