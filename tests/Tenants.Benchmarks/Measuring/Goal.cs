using System.Globalization;

namespace Tenants.Benchmarks.Measuring;

/// <summary>What a figure shall come to.</summary>
internal sealed record Goal
{
    private readonly double _limit;
    private readonly bool _isFloor;

    private Goal(double limit, string unit, bool isFloor) => (_limit, Unit, _isFloor) = (limit, unit, isFloor);

    /// <summary>What its figure is counted in: <c>×</c> for a ratio.</summary>
    public string Unit { get; }

    /// <summary>No goal: the ratio is there to be known.</summary>
    public static Goal None { get; } = Reported("×");

    /// <summary>No goal: the figure is there to be known.</summary>
    public static Goal Reported(string unit) => new(double.NaN, unit, isFloor: false);

    /// <summary>No more than this.</summary>
    public static Goal AtMost(double limit, string unit = "×") => new(limit, unit, isFloor: false);

    /// <summary>No less than this.</summary>
    public static Goal AtLeast(double limit, string unit = "×") => new(limit, unit, isFloor: true);

    /// <summary>How much of what is allowed a figure takes: 1 where it just meets the goal, more where it misses it; null without a goal.</summary>
    public double? Share(double value) => double.IsNaN(_limit) ? null
        : _isFloor ? _limit / Math.Max(value, 1e-9)
        : _limit == 0 ? (value <= 0 ? 0 : 2)
        : Math.Max(0, value) / _limit;

    /// <summary>True where a figure misses it.</summary>
    public bool IsMissed(double value) => Share(value) > 1;

    /// <summary>A figure of this goal's.</summary>
    public string Write(double value) => value.ToString(value >= 100 ? "#,0" : "0.00", CultureInfo.InvariantCulture) + Unit;

    /// <inheritdoc/>
    public override string ToString() => double.IsNaN(_limit) ? "none" : $"{(_isFloor ? "≥" : "≤")} {_limit.ToString("#,0.##", CultureInfo.InvariantCulture)}{Unit}";
}
