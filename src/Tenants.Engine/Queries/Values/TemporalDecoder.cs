using System.Globalization;

namespace Tenants.Engine.Queries.Values;

/// <summary>
/// Reads dates and times, which the server sends as days or microseconds. A <c>timestamptz</c> becomes a DateTime in local time, as PowerShell's own cmdlets give it: it compares
/// with Get-Date, and can be subtracted from it. PowerShell compares a DateTime in UTC by its clock alone, and cannot turn a
/// DateTimeOffset into a DateTime. Infinity is MaxValue and MinValue, as it is when such a value is sent; a year that .NET does not
/// have comes as text.
/// </summary>
internal static class TemporalDecoder
{
    // Binary times count from here, in microseconds or days (src/include/datatype/timestamp.h).
    private static readonly DateTime s_epoch = new(2000, 1, 1);
    private static readonly long s_minMicroseconds = (DateTime.MinValue - s_epoch).Ticks / TimeSpan.TicksPerMicrosecond;
    private static readonly long s_maxMicroseconds = (DateTime.MaxValue - s_epoch).Ticks / TimeSpan.TicksPerMicrosecond;
    private static readonly int s_minDays = (DateTime.MinValue - s_epoch).Days;
    private static readonly int s_maxDays = (DateTime.MaxValue - s_epoch).Days;

    /// <summary>Reads a date: a DateTime at midnight, of no time zone.</summary>
    public static Loose<DateTime> Date(int days) => days switch
    {
        int.MaxValue => DateTime.MaxValue,
        int.MinValue => DateTime.MinValue,
        _ when days >= s_minDays && days <= s_maxDays => s_epoch.AddDays(days),
        _ => new Loose<DateTime>(DateText(days)),
    };

    /// <summary>Reads a time of day.</summary>
    public static TimeSpan Time(long microseconds) => TimeSpan.FromTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    /// <summary>Reads a timestamp: a DateTime of no time zone.</summary>
    public static Loose<DateTime> Timestamp(long microseconds) => microseconds switch
    {
        long.MaxValue => DateTime.MaxValue,
        long.MinValue => DateTime.MinValue,
        _ when IsInRange(microseconds) => FromMicroseconds(microseconds),
        _ => new Loose<DateTime>(TimestampText(microseconds, "")),
    };

    /// <summary>Reads a timestamptz: a DateTime in local time.</summary>
    public static Loose<DateTime> TimestampTz(long microseconds) => microseconds switch
    {
        long.MaxValue => DateTime.MaxValue,
        long.MinValue => DateTime.MinValue,
        _ when IsInRange(microseconds) => DateTime.SpecifyKind(FromMicroseconds(microseconds), DateTimeKind.Utc).ToLocalTime(),
        _ => new Loose<DateTime>(TimestampText(microseconds, "+00")),
    };

    private static bool IsInRange(long microseconds) => microseconds >= s_minMicroseconds && microseconds <= s_maxMicroseconds;

    private static DateTime FromMicroseconds(long microseconds) => s_epoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    private static string TimestampText(long microseconds, string zone)
    {
        const long PerDay = TimeSpan.TicksPerDay / TimeSpan.TicksPerMicrosecond;
        var days = (int)Math.DivRem(microseconds, PerDay, out var rest);
        if (rest < 0)
        {
            rest += PerDay;
            days--;
        }

        var time = TimeSpan.FromTicks(rest * TimeSpan.TicksPerMicrosecond);
        var date = DateText(days);
        var clock = time.ToString(rest % 1_000_000 == 0 ? @"hh\:mm\:ss" : @"hh\:mm\:ss\.ffffff", CultureInfo.InvariantCulture);
        clock = rest % 1_000_000 == 0 ? clock : clock.TrimEnd('0');
        return date.EndsWith(" BC", StringComparison.Ordinal) ? $"{date[..^3]} {clock}{zone} BC" : $"{date} {clock}{zone}";
    }

    // ISO, as PostgreSQL prints it: the Gregorian calendar without end, and no year 0.
    private static string DateText(int days)
    {
        // Days since 0000-03-01, cut into eras of 400 years (Howard Hinnant, chrono-Compatible Low-Level Date Algorithms).
        var z = (long)days + 730_425;
        var era = Math.DivRem(z >= 0 ? z : z - 146_096, 146_097).Quotient;
        var dayOfEra = z - (era * 146_097);
        var yearOfEra = (dayOfEra - (dayOfEra / 1460) + (dayOfEra / 36_524) - (dayOfEra / 146_096)) / 365;
        var dayOfYear = dayOfEra - ((365 * yearOfEra) + (yearOfEra / 4) - (yearOfEra / 100));
        var shifted = ((5 * dayOfYear) + 2) / 153;
        var day = dayOfYear - (((153 * shifted) + 2) / 5) + 1;
        var month = shifted < 10 ? shifted + 3 : shifted - 9;
        var year = yearOfEra + (era * 400) + (month <= 2 ? 1 : 0);
        return year > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{year:0000}-{month:00}-{day:00}")
            : string.Create(CultureInfo.InvariantCulture, $"{1 - year:0000}-{month:00}-{day:00} BC");
    }
}
