namespace Tenants.Benchmarks.Measuring;

/// <summary>
/// One thing that is measured. Another one is another file: a class with a constructor without parameters, in the folder of its subject; it is
/// found by itself.
/// </summary>
internal interface IMeasurement
{
    /// <summary>The name by which a run asks for it: <c>bench first-row</c>.</summary>
    string Name { get; }

    /// <summary>What is measured, in the document's words.</summary>
    string What { get; }

    /// <summary>What it is held against: the least that it could cost, or another way to do the same.</summary>
    string Against { get; }

    /// <summary>Measures.</summary>
    /// <param name="bench">The server, and how much is measured.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>The figures, each with its goal.</returns>
    Task<IReadOnlyList<Figure>> RunAsync(Bench bench, CancellationToken cancellationToken);
}
