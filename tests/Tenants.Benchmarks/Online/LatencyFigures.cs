namespace Tenants.Benchmarks.Online;

/// <summary>How long transactions took, in ms.</summary>
/// <param name="Count">How many there were.</param>
/// <param name="Median">Half of them took no longer, counted from the moment at which each was due.</param>
/// <param name="P99">99 of 100 took no longer, counted so.</param>
/// <param name="Longest">The longest, from its own beginning: without the time that it waited for its client to be done with the one before.</param>
internal sealed record LatencyFigures(int Count, double Median, double P99, double Longest);
