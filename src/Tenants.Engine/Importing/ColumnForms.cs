using System.Text;
using Npgsql;
using NpgsqlTypes;
using Tenants.Engine.Queries.Values;

namespace Tenants.Engine.Importing;

/// <summary>
/// The forms in which a column's values can go to the server: the binary one of its type first, then text, which the server reads as it
/// reads a literal. A value goes in the first form that holds it without loss; a double of 2.5 for an integer is sent as text, and the server refuses it.
/// </summary>
internal static class ColumnForms
{
    /// <summary>Makes an empty buffer for each form of a column, the preferred one first.</summary>
    /// <param name="column">The column.</param>
    /// <param name="table">Its table, as SQL names it.</param>
    public static IReadOnlyList<Func<ColumnBuffer>> Of(ImportColumn column, string table) => column.TypeOid switch
    {
        16 => [() => Typed<bool?>(NpgsqlDbType.Boolean, 1, ColumnValues.Boolean), () => Text(column)],
        21 => [() => Typed<short?>(NpgsqlDbType.Smallint, 2, v => (short?)ColumnValues.Integer(v, short.MinValue, short.MaxValue)), () => Text(column)],
        23 => [() => Typed<int?>(NpgsqlDbType.Integer, 4, v => (int?)ColumnValues.Integer(v, int.MinValue, int.MaxValue)), () => Text(column)],
        20 => [() => Typed<long?>(NpgsqlDbType.Bigint, 8, v => ColumnValues.Integer(v, long.MinValue, long.MaxValue)), () => Text(column)],
        700 => [() => Typed<float?>(NpgsqlDbType.Real, 4, ColumnValues.Single), () => Text(column)],
        701 => [() => Typed<double?>(NpgsqlDbType.Double, 8, ColumnValues.Double), () => Text(column)],
        1700 => [() => Typed<decimal?>(NpgsqlDbType.Numeric, 12, ColumnValues.Numeric), () => Text(column)],
        2950 => [() => Typed<Guid?>(NpgsqlDbType.Uuid, 16, ColumnValues.Uuid), () => Text(column)],
        1082 => [() => Typed<DateOnly?>(NpgsqlDbType.Date, 4, ColumnValues.Date), () => Text(column)],
        1083 => [() => Typed<TimeOnly?>(NpgsqlDbType.Time, 8, ColumnValues.Time), () => Text(column)],
        1186 => [() => Typed<TimeSpan?>(NpgsqlDbType.Interval, 16, v => v as TimeSpan?), () => Text(column)],

        // A moment that knows its zone and one that does not: the server turns one into the other by its own zone, as it does with a parameter. Text that is read as a
        // timestamp with time zone tells them apart; one without drops the zone.
        1114 => [Clock, Moment, () => Text(column, isMomentLeftOut: true)],
        1184 => [Moment, Clock, () => Text(column)],
        17 => [() => new ColumnBuffer<byte[]>(NpgsqlDbType.Bytea, 0, v => v as byte[], v => v.Length) { Rows = Plain }, () => Text(column)],
        _ when !column.IsArray && column.TypeSchema != "pg_catalog" => [() => Literal(column, table)],
        _ => [() => Text(column)],
    };

    private static string Plain(string parameter) => $"pg_catalog.unnest({parameter})";

    private static ColumnBuffer<DateTime?> Clock() => Typed<DateTime?>(NpgsqlDbType.Timestamp, 8, ColumnValues.Clock);

    private static ColumnBuffer<DateTime?> Moment() => Typed<DateTime?>(NpgsqlDbType.TimestampTz, 8, ColumnValues.Moment);

    private static ColumnBuffer<T> Typed<T>(NpgsqlDbType type, int size, Func<object, T?> convert) => new(type, size, convert, isBlankNull: true) { Rows = Plain };

    private static ColumnBuffer<string> Text(ImportColumn column, bool isMomentLeftOut = false) => new(
        NpgsqlDbType.Text,
        0,
        value => isMomentLeftOut && value is DateTime or DateTimeOffset ? null : ColumnValues.Text(column, value),
        text => text.Length,
        isBlankNull: IsNeverBlank(column))
    {
        // Text itself is assigned: a cast would cut what is too long for the column.
        Rows = parameter => column.IsText ? Plain(parameter) : $"{Plain(parameter)}::{column.QuotedType}",
    };

    // To name a type takes USAGE on its schema, which tenants need not have (that of extensions, say); a value of it does not. So the parameter takes its type from
    // an array of the column's, which is never made.
    private static ColumnBuffer<string> Literal(ImportColumn column, string table) => new(
        NpgsqlDbType.Unknown,
        0,
        value => ColumnValues.Text(column, value),
        text => text.Length,
        write: texts => new NpgsqlParameter { Value = Array(texts, column.Delimiter), NpgsqlDbType = NpgsqlDbType.Unknown })
    {
        Rows = parameter => Plain($"case when true then {parameter} else array[(null::{table}).{column.QuotedName}] end"),
    };

    private static string Array(List<string?> texts, char delimiter)
    {
        var array = new StringBuilder();
        ArrayText.Append(array, texts, delimiter);
        return array.ToString();
    }

    // An array, a number, a date, a uuid or JSON is never written as nothing.
    private static bool IsNeverBlank(ImportColumn column) =>
        column.IsArray || column.IsJson || column.TypeOid is 16 or 20 or 21 or 23 or 700 or 701 or 1700 or 2950 or 1082 or 1083 or 1266 or 1114 or 1184 or 1186;
}
