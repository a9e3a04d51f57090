using Tenants.Benchmarks.Measuring;

namespace Tenants.Benchmarks.Reporting;

/// <summary>A measurement with what came of it.</summary>
/// <param name="Measurement">The measurement.</param>
/// <param name="Figures">Its figures; none where it failed.</param>
/// <param name="Failure">Why it could not run; null where it did.</param>
internal sealed record Result(IMeasurement Measurement, IReadOnlyList<Figure> Figures, string? Failure = null)
{
    /// <summary>True where it failed or missed a goal.</summary>
    public bool IsMissed => Failure is not null || Figures.Any(f => f.IsMissed);

    /// <summary>What a figure is of.</summary>
    public string Title(Figure figure) => figure.What.Length == 0 ? Measurement.What : $"{Measurement.What}: {figure.What}";
}
