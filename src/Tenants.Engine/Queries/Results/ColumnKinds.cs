using Npgsql.PostgresTypes;
using Tenants.Engine.Queries.Values;

namespace Tenants.Engine.Queries.Results;

/// <summary>Chooses how a column is read: without a box where the type is a common one, from its binary form where we know it, else as text.</summary>
internal static class ColumnKinds
{
    private static readonly ColumnKind s_text = ColumnKind.Text(FieldReaders.Text);
    private static readonly ColumnKind s_uint32 = ColumnKind.Exact(FieldReaders.UInt32);

    private static readonly Dictionary<uint, ColumnKind> s_common = new()
    {
        [16] = ColumnKind.Exact(FieldReaders.Boolean),
        [20] = ColumnKind.Exact(FieldReaders.Int64),
        [21] = ColumnKind.Exact(FieldReaders.Int16),
        [23] = ColumnKind.Exact(FieldReaders.Int32),
        [26] = s_uint32, [28] = s_uint32, [29] = s_uint32,         // oid, xid, cid
        [5069] = ColumnKind.Exact(FieldReaders.UInt64),            // xid8
        [700] = ColumnKind.Exact(FieldReaders.Single),
        [701] = ColumnKind.Exact(FieldReaders.Double),
        [2950] = ColumnKind.Exact(FieldReaders.Uuid),
        [1083] = ColumnKind.Exact(FieldReaders.Time),
        [25] = s_text, [1042] = s_text, [1043] = s_text,           // text, char(n), varchar
        [1700] = ColumnKind.Loose(FieldReaders.Numeric),
        [1082] = ColumnKind.Loose(FieldReaders.Date),
        [1114] = ColumnKind.Loose(FieldReaders.Timestamp),
        [1184] = ColumnKind.Loose(FieldReaders.TimestampTz),
        [1186] = ColumnKind.Loose(FieldReaders.Interval),
    };

    /// <summary>The kind of a column in binary form, or null where its type has none that we know.</summary>
    public static ColumnKind? Binary(uint oid, PostgresType type) =>
        s_common.TryGetValue(oid, out var common) ? common
        : Decoder(oid, type) is { } decoder ? new ColumnKind(ValueType(oid, type), (reader, ordinal) => FieldReaders.Decoded(reader, ordinal, decoder))
        : null;

    /// <summary>The kind of a column that was asked for as text.</summary>
    public static ColumnKind Text(PostgresType type)
    {
        if (type is not PostgresArrayType array)
        {
            return new ColumnKind(typeof(string), static (reader, ordinal) => FieldReaders.Decoded(reader, ordinal, BuiltInTypes.TextDecoder));
        }

        var delimiter = array.Element.Name == "box" ? ';' : ',';
        return new ColumnKind(
            typeof(Array),
            (reader, ordinal) => FieldReaders.Decoded(reader, ordinal, BuiltInTypes.TextDecoder) is string text ? ArrayText.Parse(text, delimiter) : null);
    }

    private static Type ValueType(uint oid, PostgresType type) => type is PostgresArrayType ? typeof(Array) : oid == 17 ? typeof(byte[]) : typeof(string);

    private static ValueDecoder? Decoder(uint oid, PostgresType type) => BuiltInTypes.Find(oid) ?? type switch
    {
        PostgresEnumType => BuiltInTypes.TextDecoder,
        PostgresBaseType { Name: "citext" } => BuiltInTypes.TextDecoder,
        PostgresDomainType domain => Decoder(domain.BaseType.OID, domain.BaseType),
        PostgresArrayType array when Decoder(array.Element.OID, array.Element) is { } element => ArrayDecoder.Of(element),
        _ => null,
    };
}
