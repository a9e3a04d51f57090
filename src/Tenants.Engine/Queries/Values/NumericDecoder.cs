using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Tenants.Engine.Queries.Values;

/// <summary>
/// Reads <c>numeric</c> exactly: a decimal where it fits, else a BigInteger for a whole number, else its text.
/// NaN and the infinities become those of double. The form is numeric_send's (src/backend/utils/adt/numeric.c).
/// </summary>
internal static class NumericDecoder
{
    private const int MaxDecimalScale = 28;
    private const ushort Negative = 0x4000;

    private static readonly BigInteger s_maxMantissa = (BigInteger.One << 96) - 1;

    /// <summary>Reads one value.</summary>
    public static Loose<decimal> Decode(ReadOnlySpan<byte> bytes)
    {
        var count = BinaryPrimitives.ReadInt16BigEndian(bytes);
        var weight = BinaryPrimitives.ReadInt16BigEndian(bytes[2..]);
        var sign = BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]);
        var scale = BinaryPrimitives.ReadInt16BigEndian(bytes[6..]);
        switch (sign)
        {
            case 0xC000:
                return new(double.NaN);
            case 0xD000:
                return new(double.PositiveInfinity);
            case 0xF000:
                return new(double.NegativeInfinity);
        }

        var exponent = (4 * (weight - count + 1)) + scale;

        // Nine groups of four digits fit into 128 bits whatever they are; that is nearly every value.
        if (count <= 8 && exponent is >= -4 and <= 4 && scale <= MaxDecimalScale)
        {
            var small = UInt128.Zero;
            for (var i = 0; i < count; i++)
            {
                small = (small * 10000) + BinaryPrimitives.ReadUInt16BigEndian(bytes[(8 + (2 * i))..]);
            }

            small = exponent >= 0 ? small * Pow10(exponent) : small / Pow10(-exponent);
            if (small >> 96 == UInt128.Zero)
            {
                return new decimal((int)(uint)small, (int)(uint)(small >> 32), (int)(uint)(small >> 64), sign == Negative, (byte)scale);
            }
        }

        return Big(bytes, count, exponent, scale, sign == Negative);
    }

    private static uint Pow10(int exponent) => exponent switch { 0 => 1, 1 => 10, 2 => 100, 3 => 1000, _ => 10000 };

    private static Loose<decimal> Big(ReadOnlySpan<byte> bytes, int count, int exponent, int scale, bool negative)
    {
        var mantissa = BigInteger.Zero;
        for (var i = 0; i < count; i++)
        {
            mantissa = (mantissa * 10000) + BinaryPrimitives.ReadUInt16BigEndian(bytes[(8 + (2 * i))..]);
        }

        mantissa = exponent >= 0 ? mantissa * BigInteger.Pow(10, exponent) : mantissa / BigInteger.Pow(10, -exponent);
        if (scale == 0 && mantissa > s_maxMantissa)
        {
            return new(negative ? -mantissa : mantissa);
        }

        // Zeros at the end are what most often makes a value too long.
        var (reduced, reducedScale) = (mantissa, scale);
        while (reducedScale > 0 && (reduced > s_maxMantissa || reducedScale > MaxDecimalScale) && reduced % 10 == 0)
        {
            reduced /= 10;
            reducedScale--;
        }

        if (reduced <= s_maxMantissa && reducedScale <= MaxDecimalScale)
        {
            var low = (ulong)(reduced & ulong.MaxValue);
            return new decimal((int)(uint)low, (int)(uint)(low >> 32), (int)(uint)(reduced >> 64), negative, (byte)reducedScale);
        }

        var digits = mantissa.ToString(CultureInfo.InvariantCulture).PadLeft(scale + 1, '0');
        return new($"{(negative ? "-" : "")}{digits[..^scale]}.{digits[^scale..]}");
    }
}
