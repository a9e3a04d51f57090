using Npgsql;
using NpgsqlTypes;

namespace Tenants.Engine.Importing;

/// <summary>The values of one column of a batch, in one form; sent as one array.</summary>
internal abstract class ColumnBuffer
{
    /// <summary>What SQL makes rows of the array by, from the parameter's name.</summary>
    public required Func<string, string> Rows { get; init; }

    /// <summary>About how many bytes it holds.</summary>
    public long Bytes { get; protected set; }

    /// <summary>Adds a value.</summary>
    /// <param name="value">The value, free of wrappers; null for NULL.</param>
    /// <returns>False if this form cannot hold it without loss; then nothing is added.</returns>
    /// <exception cref="TenantException"><c>ParameterNotSupported</c>: no form can.</exception>
    public abstract bool TryAdd(object? value);

    /// <summary>A row's value; null for NULL.</summary>
    public abstract object? this[int row] { get; }

    /// <summary>Takes the last value back.</summary>
    public abstract void RemoveLast();

    /// <summary>Makes it empty.</summary>
    public abstract void Clear();

    /// <summary>The array of some of the rows.</summary>
    /// <param name="start">The first row.</param>
    /// <param name="count">How many.</param>
    /// <param name="isNull">NULL in place of each value.</param>
    public abstract NpgsqlParameter ToParameter(int start, int count, bool isNull);
}

/// <summary>Values of one type.</summary>
/// <typeparam name="T">A type that can be null.</typeparam>
/// <param name="type">The type on the server.</param>
/// <param name="size">The bytes of a value; 0 for those whose <paramref name="measure"/> tells.</param>
/// <param name="convert">Gives the value, or null where this form cannot hold it without loss.</param>
/// <param name="measure">The bytes of one value.</param>
/// <param name="isBlankNull">An empty text is NULL, as in CSV for COPY: no value of the type is written so.</param>
/// <param name="write">Makes the parameter, where it is no array of <paramref name="type"/>.</param>
internal sealed class ColumnBuffer<T>(NpgsqlDbType type, int size, Func<object, T?> convert, Func<T, int>? measure = null, bool isBlankNull = false, Func<List<T?>, NpgsqlParameter>? write = null)
    : ColumnBuffer
{
    private readonly List<T?> _values = [];

    /// <inheritdoc/>
    public override object? this[int row] => _values[row];

    /// <inheritdoc/>
    public override bool TryAdd(object? value)
    {
        if (value is null or DBNull || (isBlankNull && value is ""))
        {
            _values.Add(default);
            return true;
        }

        if (convert(value) is not { } converted)
        {
            return false;
        }

        _values.Add(converted);
        Bytes += 4 + (measure?.Invoke(converted) ?? size);
        return true;
    }

    /// <inheritdoc/>
    public override void RemoveLast() => _values.RemoveAt(_values.Count - 1);

    /// <inheritdoc/>
    public override void Clear()
    {
        _values.Clear();
        Bytes = 0;
    }

    /// <inheritdoc/>
    public override NpgsqlParameter ToParameter(int start, int count, bool isNull)
    {
        List<T?> rows = isNull ? [.. Enumerable.Repeat(default(T), count)] : start == 0 && count == _values.Count ? _values : _values.GetRange(start, count);
        return write?.Invoke(rows) ?? new NpgsqlParameter<List<T?>> { TypedValue = rows, NpgsqlDbType = NpgsqlDbType.Array | type };
    }
}
