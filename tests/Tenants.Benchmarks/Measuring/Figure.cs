namespace Tenants.Benchmarks.Measuring;

/// <summary>What came of a measurement: one line of the table.</summary>
/// <param name="What">Which part of the measurement it is; empty where there is one alone.</param>
/// <param name="Ours">What the module took.</param>
/// <param name="Value">What the goal is about: a ratio, or what the goal's unit says.</param>
/// <param name="Goal">What it shall come to.</param>
internal sealed record Figure(string What, Amount Ours, double Value, Goal Goal)
{
    /// <summary>The least that it could have cost.</summary>
    public Amount? Floor { get; init; }

    /// <summary>What another way to do the same took.</summary>
    public Amount? Peer { get; init; }

    /// <summary>True where the goal is missed.</summary>
    public bool IsMissed => Goal.IsMissed(Value);

    /// <summary>A duration over the least that it could be, as a ratio.</summary>
    public static Figure OverFloor(string what, Pairs pairs, Goal goal) => new(what, new Amount(pairs.Ours, Unit.Seconds), pairs.Ratio, goal)
    {
        Floor = new Amount(pairs.Theirs, Unit.Seconds),
    };

    /// <summary>A duration, and how many times longer a peer takes.</summary>
    public static Figure FasterThanPeer(string what, Pairs pairs, Goal goal) => new(what, new Amount(pairs.Ours, Unit.Seconds), 1 / pairs.Ratio, goal)
    {
        Peer = new Amount(pairs.Theirs, Unit.Seconds),
    };

    /// <summary>A duration over the least that it could be, by the milliseconds between.</summary>
    public static Figure BeyondFloor(string what, Pairs pairs, double milliseconds) =>
        new(what, new Amount(pairs.Ours, Unit.Seconds), pairs.Difference * 1e3, Goal.AtMost(milliseconds, " ms more"))
        {
            Floor = new Amount(pairs.Theirs, Unit.Seconds),
        };
}
