namespace Tenants.Benchmarks.Online;

/// <summary>What one way of enabling a table under traffic cost.</summary>
/// <param name="Quiet">The traffic before.</param>
/// <param name="Busy">The traffic while it was enabled.</param>
/// <param name="Took">How long that took.</param>
/// <param name="RowsPerSecond">How fast rows were filled in; null where that was no step by itself.</param>
internal sealed record EnableFigures(LatencyFigures Quiet, LatencyFigures Busy, TimeSpan Took, double? RowsPerSecond);
