using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Tenants.Engine.Queries.Values;

/// <summary>
/// Reads an interval: a TimeSpan where it has no months, for a month has no fixed length; else text as PostgreSQL prints it, such
/// as <c>1 mon 2 days 03:04:05</c>.
/// </summary>
internal static class IntervalDecoder
{
    private const long MicrosecondsPerDay = 86_400_000_000;

    /// <summary>Reads one value.</summary>
    public static Loose<TimeSpan> Decode(ReadOnlySpan<byte> bytes) => Decode(
        BinaryPrimitives.ReadInt64BigEndian(bytes), BinaryPrimitives.ReadInt32BigEndian(bytes[8..]), BinaryPrimitives.ReadInt32BigEndian(bytes[12..]));

    /// <summary>Makes a value of its parts.</summary>
    public static Loose<TimeSpan> Decode(long microseconds, int days, int months)
    {
        switch (microseconds, days, months)
        {
            case (long.MaxValue, int.MaxValue, int.MaxValue):
                return new("infinity");
            case (long.MinValue, int.MinValue, int.MinValue):
                return new("-infinity");
        }

        var ticks = ((Int128)days * MicrosecondsPerDay + microseconds) * TimeSpan.TicksPerMicrosecond;
        return months == 0 && ticks >= long.MinValue && ticks <= long.MaxValue
            ? TimeSpan.FromTicks((long)ticks)
            : new Loose<TimeSpan>(Text(months, days, microseconds));
    }

    // EncodeInterval with IntervalStyle postgres (src/backend/utils/adt/datetime.c).
    private static string Text(int months, int days, long microseconds)
    {
        var text = new StringBuilder();
        var isBefore = false;
        Part(months / 12, "year");
        Part(months % 12, "mon");
        Part(days, "day");
        if (microseconds != 0 || text.Length == 0)
        {
            var sign = microseconds < 0 ? "-" : isBefore ? "+" : "";
            var total = (UInt128)Int128.Abs(microseconds);
            var seconds = (ulong)(total / 1_000_000);
            var fraction = (uint)(total % 1_000_000);
            Separate();
            text.Append(CultureInfo.InvariantCulture, $"{sign}{seconds / 3600:00}:{seconds / 60 % 60:00}:{seconds % 60:00}");
            if (fraction != 0)
            {
                text.Append(CultureInfo.InvariantCulture, $".{fraction:000000}").Length -= TrailingZeros(fraction);
            }
        }

        return text.ToString();

        void Part(int value, string unit)
        {
            if (value == 0)
            {
                return;
            }

            Separate();
            text.Append(CultureInfo.InvariantCulture, $"{(isBefore && value > 0 ? "+" : "")}{value} {unit}{(value == 1 ? "" : "s")}");
            isBefore = value < 0;
        }

        void Separate()
        {
            if (text.Length > 0)
            {
                text.Append(' ');
            }
        }
    }

    private static int TrailingZeros(uint value)
    {
        var zeros = 0;
        for (; value % 10 == 0; value /= 10)
        {
            zeros++;
        }

        return zeros;
    }
}
