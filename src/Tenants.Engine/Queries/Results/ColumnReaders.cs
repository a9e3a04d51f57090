using System.Buffers;
using Npgsql;
using Npgsql.PostgresTypes;
using Tenants.Engine.Queries.Values;

namespace Tenants.Engine.Queries.Results;

/// <summary>Reads one column of the current row; the column is not NULL there.</summary>
/// <param name="reader">The driver's reader.</param>
/// <param name="ordinal">The column.</param>
internal delegate object ColumnReader(NpgsqlDataReader reader, int ordinal);

/// <summary>Chooses how a column is read: by the driver where the type is plain, from its binary form where we know it, else as text.</summary>
internal static class ColumnReaders
{
    private static readonly Dictionary<uint, (ColumnReader Read, Type Type)> s_plain = new()
    {
        [16] = (static (r, i) => r.GetBoolean(i), typeof(bool)),
        [20] = (static (r, i) => r.GetInt64(i), typeof(long)),
        [21] = (static (r, i) => r.GetInt16(i), typeof(short)),
        [23] = (static (r, i) => r.GetInt32(i), typeof(int)),
        [25] = (static (r, i) => r.GetString(i), typeof(string)),
        [1042] = (static (r, i) => r.GetString(i), typeof(string)),
        [1043] = (static (r, i) => r.GetString(i), typeof(string)),
        [2950] = (static (r, i) => r.GetGuid(i), typeof(Guid)),
        [700] = (static (r, i) => r.GetFloat(i), typeof(float)),
        [701] = (static (r, i) => r.GetDouble(i), typeof(double)),
    };

    private static readonly Dictionary<uint, Type> s_types = new()
    {
        [17] = typeof(byte[]), [26] = typeof(uint), [28] = typeof(uint), [29] = typeof(uint), [5069] = typeof(ulong), [1700] = typeof(decimal),
        [1082] = typeof(DateTime), [1083] = typeof(TimeSpan), [1114] = typeof(DateTime), [1184] = typeof(DateTime), [1186] = typeof(TimeSpan),
    };

    /// <summary>The reader of a column in binary form, or null where its type has none that we know.</summary>
    public static ColumnReader? Binary(uint oid, PostgresType type)
    {
        if (s_plain.TryGetValue(oid, out var plain))
        {
            return plain.Read;
        }

        return Decoder(oid, type) is { } decoder ? (reader, ordinal) => Read(reader, ordinal, decoder) : null;
    }

    /// <summary>The reader of a column that was asked for as text.</summary>
    public static ColumnReader Text(PostgresType type)
    {
        if (type is not PostgresArrayType array)
        {
            return static (reader, ordinal) => Read(reader, ordinal, BuiltInTypes.TextDecoder);
        }

        var delimiter = array.Element.Name == "box" ? ';' : ',';
        return (reader, ordinal) => ArrayText.Parse((string)Read(reader, ordinal, BuiltInTypes.TextDecoder), delimiter);
    }

    /// <summary>The .NET type that values of a column have as a rule.</summary>
    public static Type TypeOf(uint oid, PostgresType type, bool asText)
    {
        if (type is PostgresArrayType)
        {
            return typeof(Array);
        }

        return asText ? typeof(string) : s_plain.TryGetValue(oid, out var plain) ? plain.Type : s_types.GetValueOrDefault(oid, typeof(string));
    }

    private static ValueDecoder? Decoder(uint oid, PostgresType type) => BuiltInTypes.Find(oid) ?? type switch
    {
        PostgresEnumType => BuiltInTypes.TextDecoder,
        PostgresBaseType { Name: "citext" } => BuiltInTypes.TextDecoder,
        PostgresDomainType domain => Decoder(domain.BaseType.OID, domain.BaseType),
        PostgresArrayType array when Decoder(array.Element.OID, array.Element) is { } element => ArrayDecoder.Of(element),
        _ => null,
    };

    private static object Read(NpgsqlDataReader reader, int ordinal, ValueDecoder decoder)
    {
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
