using System.Buffers;
using System.Runtime.CompilerServices;
using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Queries.Values;

namespace Tenants.Engine.Queries.Results;

/// <summary>
/// Reads a column of the current row without a box. Which type is read how stands in <see cref="ColumnKinds"/>. None is inlined: the
/// method that makes the records of a shape is compiled when it is first called, and with all of this in it that takes twenty times as long.
/// </summary>
internal static class FieldReaders
{
    // Longer than any numeric that fits a decimal, and than most others.
    private const int ShortValue = 64;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool? Boolean(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetBoolean(ordinal);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static short? Int16(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetInt16(ordinal);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int? Int32(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetInt32(ordinal);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long? Int64(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetInt64(ordinal);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static uint? UInt32(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetFieldValue<uint>(ordinal);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong? UInt64(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetFieldValue<ulong>(ordinal);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static float? Single(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetFloat(ordinal);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static double? Double(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetDouble(ordinal);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Guid? Uuid(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetGuid(ordinal);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static string? Text(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : reader.GetString(ordinal);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static TimeSpan? Time(NpgsqlDataReader reader, int ordinal) => reader.IsDBNull(ordinal) ? null : TemporalDecoder.Time(reader.GetInt64(ordinal));

    // The driver gives dates and times as the numbers that the server sends, where a number is asked for.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Loose<DateTime> Date(NpgsqlDataReader reader, int ordinal) =>
        reader.IsDBNull(ordinal) ? Loose<DateTime>.Null : TemporalDecoder.Date(reader.GetInt32(ordinal));

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Loose<DateTime> Timestamp(NpgsqlDataReader reader, int ordinal) =>
        reader.IsDBNull(ordinal) ? Loose<DateTime>.Null : TemporalDecoder.Timestamp(reader.GetInt64(ordinal));

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Loose<DateTime> TimestampTz(NpgsqlDataReader reader, int ordinal) =>
        reader.IsDBNull(ordinal) ? Loose<DateTime>.Null : TemporalDecoder.TimestampTz(reader.GetInt64(ordinal));

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Loose<TimeSpan> Interval(NpgsqlDataReader reader, int ordinal)
    {
        if (reader.IsDBNull(ordinal))
        {
            return Loose<TimeSpan>.Null;
        }

        var parts = reader.GetFieldValue<NpgsqlInterval>(ordinal);
        return IntervalDecoder.Decode(parts.Time, parts.Days, parts.Months);
    }

    // The driver's own decimal knows no NaN and nothing longer.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Loose<decimal> Numeric(NpgsqlDataReader reader, int ordinal)
    {
        if (reader.IsDBNull(ordinal))
        {
            return Loose<decimal>.Null;
        }

        var rented = ArrayPool<byte>.Shared.Rent(ShortValue);
        try
        {
            var length = (int)reader.GetBytes(ordinal, 0, rented, 0, rented.Length);
            return length < rented.Length
                ? NumericDecoder.Decode(rented.AsSpan(0, length))
                : new Loose<decimal>(Decoded(reader, ordinal, BuiltInTypes.Find(1700)!));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>Reads a column from its bytes, as an object.</summary>
    public static object? Decoded(NpgsqlDataReader reader, int ordinal, ValueDecoder decoder)
    {
        if (reader.IsDBNull(ordinal))
        {
            return null;
        }

        var length = (int)reader.GetBytes(ordinal, 0, null, 0, 0);
        var rented = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            reader.GetBytes(ordinal, 0, rented, 0, length);
            return decoder(rented.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
