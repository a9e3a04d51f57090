namespace Tenants.Benchmarks.Measuring;

/// <summary>Two things measured in turns, so that what else goes on at the machine meets both: the medians, and the medians of what lies between.</summary>
/// <param name="Ours">The median of the first.</param>
/// <param name="Theirs">The median of the second.</param>
/// <param name="Ratio">The median of the pairs' ratios, the first over the second.</param>
/// <param name="Difference">The median of the pairs' differences.</param>
internal sealed record Pairs(double Ours, double Theirs, double Ratio, double Difference)
{
    /// <summary>Measures, after one round that does not count.</summary>
    /// <param name="count">How many pairs.</param>
    /// <param name="ours">Runs the first and tells what it took.</param>
    /// <param name="theirs">Runs the second and tells what it took.</param>
    /// <param name="cancellationToken">Stops between two runs.</param>
    public static async Task<Pairs> RunAsync(int count, Func<Task<double>> ours, Func<Task<double>> theirs, CancellationToken cancellationToken)
    {
        var pairs = new List<(double Ours, double Theirs)>();
        for (var i = -1; i < count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            double first, second;
            if (i % 2 == 0)
            {
                first = await ours();
                second = await theirs();
            }
            else
            {
                second = await theirs();
                first = await ours();
            }

            if (i >= 0)
            {
                pairs.Add((first, second));
            }
        }

        return new Pairs(
            Median(pairs.Select(p => p.Ours)), Median(pairs.Select(p => p.Theirs)), Median(pairs.Select(p => p.Ours / p.Theirs)), Median(pairs.Select(p => p.Ours - p.Theirs)));
    }

    /// <inheritdoc cref="RunAsync(int, Func{Task{double}}, Func{Task{double}}, CancellationToken)"/>
    public static Task<Pairs> RunAsync(int count, Func<double> ours, Func<double> theirs, CancellationToken cancellationToken) =>
        RunAsync(count, () => Task.FromResult(ours()), () => Task.FromResult(theirs()), cancellationToken);

    /// <summary>The number in the middle.</summary>
    public static double Median(IEnumerable<double> numbers)
    {
        var sorted = numbers.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
