using System.Buffers.Binary;
using System.Text;

namespace Tenants.Engine.Queries.Values;

/// <summary>
/// The types whose binary form is read here, by their fixed OIDs (src/include/catalog/pg_type.dat). What is not among them
/// is fetched as the server prints it.
/// </summary>
internal static class BuiltInTypes
{
    private static readonly ValueDecoder s_uint32 = static b => BinaryPrimitives.ReadUInt32BigEndian(b);

    private static readonly Dictionary<uint, ValueDecoder> s_scalars = new()
    {
        [16] = static b => b[0] != 0,                                         // bool
        [17] = static b => b.ToArray(),                                       // bytea
        [18] = Text, [19] = Text, [25] = Text,                                // "char", name, text
        [1042] = Text, [1043] = Text, [2275] = Text, [705] = Text,            // bpchar, varchar, cstring, unknown
        [114] = Text, [142] = Text, [1790] = Text,                            // json, xml, refcursor
        [3802] = TextAfterVersion, [4072] = TextAfterVersion,                 // jsonb, jsonpath
        [20] = static b => BinaryPrimitives.ReadInt64BigEndian(b),            // int8
        [21] = static b => BinaryPrimitives.ReadInt16BigEndian(b),            // int2
        [23] = static b => BinaryPrimitives.ReadInt32BigEndian(b),            // int4
        [26] = s_uint32, [28] = s_uint32, [29] = s_uint32,                    // oid, xid, cid
        [5069] = static b => BinaryPrimitives.ReadUInt64BigEndian(b),         // xid8
        [700] = static b => BinaryPrimitives.ReadSingleBigEndian(b),          // float4
        [701] = static b => BinaryPrimitives.ReadDoubleBigEndian(b),          // float8
        [1700] = static b => NumericDecoder.Decode(b).Value!,                 // numeric
        [2950] = static b => new Guid(b, bigEndian: true),                    // uuid
        [1082] = static b => TemporalDecoder.Date(BinaryPrimitives.ReadInt32BigEndian(b)).Value!,        // date
        [1083] = static b => TemporalDecoder.Time(BinaryPrimitives.ReadInt64BigEndian(b)),               // time
        [1114] = static b => TemporalDecoder.Timestamp(BinaryPrimitives.ReadInt64BigEndian(b)).Value!,   // timestamp
        [1184] = static b => TemporalDecoder.TimestampTz(BinaryPrimitives.ReadInt64BigEndian(b)).Value!, // timestamptz
        [1186] = static b => IntervalDecoder.Decode(b).Value!,                // interval
        [869] = NetworkDecoder.Inet, [650] = NetworkDecoder.Inet,             // inet, cidr
        [829] = NetworkDecoder.MacAddress, [774] = NetworkDecoder.MacAddress, // macaddr, macaddr8
        [1560] = Bits, [1562] = Bits,                                         // bit, varbit
        [2278] = static _ => "",                                              // void
    };

    private static readonly Dictionary<uint, uint> s_elements = new()
    {
        [1000] = 16, [1001] = 17, [1002] = 18, [1003] = 19, [1009] = 25, [1014] = 1042, [1015] = 1043, [1263] = 2275, [2201] = 1790,
        [199] = 114, [143] = 142, [3807] = 3802, [4073] = 4072, [1016] = 20, [1005] = 21, [1007] = 23, [1028] = 26, [1011] = 28, [1012] = 29,
        [271] = 5069, [1021] = 700, [1022] = 701, [1231] = 1700, [2951] = 2950, [1182] = 1082, [1183] = 1083, [1115] = 1114, [1185] = 1184,
        [1187] = 1186, [1041] = 869, [651] = 650, [1040] = 829, [775] = 774, [1561] = 1560, [1563] = 1562, [22] = 21, [30] = 26,
    };

    /// <summary>Reads text, which is UTF-8 on our connections.</summary>
    public static ValueDecoder TextDecoder => Text;

    /// <summary>The decoder of a type, or null where the server's text form is wanted.</summary>
    /// <param name="oid">The type's OID.</param>
    public static ValueDecoder? Find(uint oid)
    {
        if (s_scalars.TryGetValue(oid, out var scalar))
        {
            return scalar;
        }

        return s_elements.TryGetValue(oid, out var element) ? ArrayDecoder.Of(s_scalars[element]) : null;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private static string TextAfterVersion(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes[1..]);

    private static string Bits(ReadOnlySpan<byte> bytes)
    {
        var length = BinaryPrimitives.ReadInt32BigEndian(bytes);
        var text = new StringBuilder(length);
        for (var i = 0; i < length; i++)
        {
            text.Append((bytes[4 + (i / 8)] & (0x80 >> (i % 8))) == 0 ? '0' : '1');
        }

        return text.ToString();
    }
}
