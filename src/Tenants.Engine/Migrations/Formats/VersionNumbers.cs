using System.Globalization;

namespace Tenants.Engine.Migrations.Formats;

/// <summary>The numbers by which tools order their migrations: counted on, or taken from the clock, as the folder has it.</summary>
internal static class VersionNumbers
{
    /// <summary>What a tool begins with that numbers by the clock.</summary>
    public const string Timestamp = "timestamp";

    private const string Seconds = "yyyyMMddHHmmss";
    private const string Minutes = "yyyyMMddHHmm";

    /// <summary>The next numbers.</summary>
    /// <param name="standing">The numbers that the folder has, digits only.</param>
    /// <param name="first">The first in an empty folder: a number as it is written, or <see cref="Timestamp"/>.</param>
    /// <param name="count">How many are needed.</param>
    /// <param name="now">The time.</param>
    public static IReadOnlyList<string> Next(IReadOnlyList<string> standing, string first, int count, DateTimeOffset now)
    {
        var last = standing.Select(s => (Text: s, Value: ulong.Parse(s, CultureInfo.InvariantCulture))).OrderBy(s => s.Value).LastOrDefault();
        if (last.Text is null)
        {
            return first == Timestamp ? ByClock(DateTime.MinValue, now.UtcDateTime, Seconds, TimeSpan.FromSeconds(1), count) : Count(ulong.Parse(first, CultureInfo.InvariantCulture), first.Length, count);
        }

        foreach (var (format, step) in new[] { (Seconds, TimeSpan.FromSeconds(1)), (Minutes, TimeSpan.FromMinutes(1)) })
        {
            if (last.Text.Length == format.Length
                && DateTime.TryParseExact(last.Text, format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var newest))
            {
                return ByClock(newest + step, now.UtcDateTime, format, step, count);
            }
        }

        return Count(last.Value + 1, last.Text.Length, count);
    }

    /// <summary>True for digits that are a number here.</summary>
    public static bool IsNumber(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value < ulong.MaxValue - 10_000;

    private static List<string> Count(ulong from, int width, int count) =>
        [.. Enumerable.Range(0, count).Select(i => (from + (ulong)i).ToString(CultureInfo.InvariantCulture).PadLeft(width, '0'))];

    // The last one is now: what a colleague writes next would sort before one that reached ahead of the clock. But never before what
    // is there, whatever the clock of the one who wrote it said.
    private static IReadOnlyList<string> ByClock(DateTime earliest, DateTime now, string format, TimeSpan step, int count)
    {
        var first = now - ((count - 1) * step);
        var from = first > earliest ? first : earliest;
        return [.. Enumerable.Range(0, count).Select(i => (from + (i * step)).ToString(format, CultureInfo.InvariantCulture))];
    }
}
