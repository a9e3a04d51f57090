using System.Globalization;

namespace Tenants.Benchmarks.Measuring;

/// <summary>A measured amount, written as a person reads it.</summary>
/// <param name="Value">How much.</param>
/// <param name="Unit">Of what.</param>
internal readonly record struct Amount(double Value, Unit Unit)
{
    /// <inheritdoc/>
    public override string ToString() => Unit switch
    {
        Unit.Seconds when Value >= 1 => Text(Value, "0.00") + " s",
        Unit.Seconds when Value >= 0.01 => Text(Value * 1e3, "0") + " ms",
        Unit.Seconds => Text(Value * 1e3, "0.000") + " ms",
        Unit.Bytes => Text(Value / 1e6, "#,0") + " MB",
        Unit.PerSecond => Text(Value, "#,0") + "/s",
        _ => Text(Value, "0"),
    };

    private static string Text(double number, string format) => number.ToString(format, CultureInfo.InvariantCulture);
}
