using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Text;
using Tenants.Engine.Queries.Values;

namespace Tenants.Engine.Importing;

/// <summary>Turns a value into what a column's binary form holds, or null where that would lose something: then the server reads its text. The culture is always the invariant one.</summary>
internal static class ColumnValues
{
    // A decimal of more digits would be rounded without a word.
    private const int DecimalDigits = 28;

    private const NumberStyles Whole = NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite;

    /// <summary>The text of a value, as the column's type is written.</summary>
    /// <exception cref="TenantException"><c>ParameterNotSupported</c>; <c>InvalidValue</c>: the server would cut it without a word.</exception>
    public static string Text(ImportColumn column, object value)
    {
        var text = Write(column, value);
        return column.MostBytes is not { } most || Encoding.UTF8.GetByteCount(text) <= most ? text : throw new TenantException(
            "InvalidValue",
            TenantErrorKind.InvalidData,
            string.Create(CultureInfo.InvariantCulture, $"The value of '{column.Name}' is longer than a column of the type {column.TypeName} holds (bytes: {most})."));
    }

    /// <summary>A whole number between two bounds.</summary>
    public static long? Integer(object value, long least, long most)
    {
        long? number = value switch
        {
            int small => small,
            long big => big,
            short or byte or sbyte or ushort or uint => Convert.ToInt64(value, CultureInfo.InvariantCulture),
            string text => long.TryParse(text, Whole, CultureInfo.InvariantCulture, out var parsed) ? parsed : null,
            decimal exact => exact == decimal.Truncate(exact) && exact >= long.MinValue && exact <= long.MaxValue ? (long)exact : null,
            double real => real == Math.Truncate(real) && Math.Abs(real) < 1L << 53 ? (long)real : null,
            ulong big => big <= long.MaxValue ? (long)big : null,
            BigInteger big => big >= long.MinValue && big <= long.MaxValue ? (long)big : null,
            _ => null,
        };
        return number >= least && number <= most ? number : null;
    }

    /// <summary>A boolean.</summary>
    public static bool? Boolean(object value) => value switch
    {
        bool flag => flag,
        string text => bool.TryParse(text, out var parsed) ? parsed : null,
        _ => null,
    };

    /// <summary>A number of double precision.</summary>
    public static double? Double(object value) => value switch
    {
        double real => real,
        float real => real,
        int or short or byte or sbyte or ushort or uint => Convert.ToDouble(value, CultureInfo.InvariantCulture),
        _ => null,
    };

    /// <summary>A number of single precision.</summary>
    public static float? Single(object value) => value is float real ? real : null;

    /// <summary>An exact number.</summary>
    public static decimal? Numeric(object value) => value switch
    {
        decimal exact => exact,
        int or long or short or byte or sbyte or ushort or uint or ulong => Convert.ToDecimal(value, CultureInfo.InvariantCulture),
        string { Length: <= DecimalDigits } text => decimal.TryParse(text, Whole | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var parsed) ? parsed : null,
        _ => null,
    };

    /// <summary>A UUID.</summary>
    public static Guid? Uuid(object value) => value switch
    {
        Guid guid => guid,
        string text => Guid.TryParseExact(text, "D", out var parsed) ? parsed : null,
        _ => null,
    };

    /// <summary>The day that a value names, in its own zone; the extremes stand for the infinities.</summary>
    public static DateOnly? Date(object value) => value switch
    {
        DateOnly day => day,
        DateTime moment => DateOnly.FromDateTime(moment),
        DateTimeOffset moment => DateOnly.FromDateTime(moment.DateTime),
        _ => null,
    };

    /// <summary>A time of day.</summary>
    public static TimeOnly? Time(object value) => value switch
    {
        TimeOnly time => time,
        TimeSpan span => span >= TimeSpan.Zero && span < TimeSpan.FromDays(1) ? TimeOnly.FromTimeSpan(span) : null,
        _ => null,
    };

    /// <summary>A date and time of no zone.</summary>
    public static DateTime? Clock(object value) => value switch
    {
        DateTime { Kind: DateTimeKind.Unspecified } clock => clock,
        DateTime moment when IsExtreme(moment) => DateTime.SpecifyKind(moment, DateTimeKind.Unspecified),
        _ => null,
    };

    /// <summary>A moment.</summary>
    public static DateTime? Moment(object value) => value switch
    {
        DateTime moment when IsExtreme(moment) => DateTime.SpecifyKind(moment, DateTimeKind.Utc),
        DateTimeOffset or DateTime { Kind: not DateTimeKind.Unspecified } => (DateTime)ParameterValues.Scalar(value)!.Value.Value,
        _ => null,
    };

    // ISO 8601, which the server reads so whatever its DateStyle.
    private static string MomentText(object value)
    {
        if (value is DateTime { Kind: DateTimeKind.Unspecified } clock && !IsExtreme(clock))
        {
            return clock.ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture);
        }

        var moment = Moment(value)!.Value;
        return moment == DateTime.MaxValue ? "infinity"
            : moment == DateTime.MinValue ? "-infinity"
            : moment.ToString("yyyy-MM-dd HH:mm:ss.ffffff'+00'", CultureInfo.InvariantCulture);
    }

    private static string Write(ImportColumn column, object value) => value switch
    {
        string text => ParameterValues.Check(column.Name, text),
        TimeSpan span when column.TypeOid == 1083 => span.ToString("c", CultureInfo.InvariantCulture),
        DateTime or DateTimeOffset when column.TypeOid == 1184 => MomentText(value),
        _ when column.IsJson => ParameterValues.Check(column.Name, JsonText.Write(column.Name, value)),
        IEnumerable list when column.IsArray && value is not (byte[] or IDictionary) => ArrayValues.Literal(column.Name, list),
        _ => ValueText.Of(column.Name, value),
    };

    // The infinities have no zone, and go with either.
    private static bool IsExtreme(DateTime moment) => moment == DateTime.MaxValue || moment == DateTime.MinValue;
}
