using System.Buffers.Binary;

namespace Tenants.Engine.Queries.Values;

/// <summary>
/// Reads arrays: a typed array (<c>int[]</c>) where no element is NULL or of another type than the rest, else <c>object[]</c>. An array of more
/// dimensions becomes an array of arrays, which PowerShell indexes and enumerates as one expects.
/// </summary>
internal static class ArrayDecoder
{
    /// <summary>The decoder of arrays of a type.</summary>
    /// <param name="element">The decoder of the elements.</param>
    public static ValueDecoder Of(ValueDecoder element) => bytes => Decode(bytes, element);

    /// <summary>The array with its narrowest element type.</summary>
    public static Array Narrow(object?[] values)
    {
        var type = values.Length > 0 ? values[0]?.GetType() : null;
        if (type is null || type.IsArray && type != typeof(byte[]) || Array.Exists(values, v => v?.GetType() != type))
        {
            return values;
        }

        var narrow = Array.CreateInstance(type, values.Length);
        for (var i = 0; i < values.Length; i++)
        {
            narrow.SetValue(values[i], i);
        }

        return narrow;
    }

    private static Array Decode(ReadOnlySpan<byte> bytes, ValueDecoder element)
    {
        // array_send: dimensions, a flag for NULLs, the element type's OID, then a length and a lower bound for each dimension.
        var dimensions = BinaryPrimitives.ReadInt32BigEndian(bytes);
        if (dimensions == 0)
        {
            return Array.Empty<object>();
        }

        var lengths = new int[dimensions];
        for (var i = 0; i < dimensions; i++)
        {
            lengths[i] = BinaryPrimitives.ReadInt32BigEndian(bytes[(12 + (8 * i))..]);
        }

        var rest = bytes[(12 + (8 * dimensions))..];
        return Read(ref rest, lengths, element);
    }

    private static Array Read(ref ReadOnlySpan<byte> rest, ReadOnlySpan<int> lengths, ValueDecoder element)
    {
        var values = new object?[lengths[0]];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = lengths.Length > 1 ? Read(ref rest, lengths[1..], element) : ReadElement(ref rest, element);
        }

        return Narrow(values);
    }

    private static object? ReadElement(ref ReadOnlySpan<byte> rest, ValueDecoder element)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(rest);
        rest = rest[4..];
        if (length < 0)
        {
            return null;
        }

        var value = element(rest[..length]);
        rest = rest[length..];
        return value;
    }
}
