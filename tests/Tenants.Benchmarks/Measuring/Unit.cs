namespace Tenants.Benchmarks.Measuring;

/// <summary>What an amount is counted in.</summary>
internal enum Unit
{
    /// <summary>Seconds.</summary>
    Seconds,

    /// <summary>Bytes.</summary>
    Bytes,

    /// <summary>So many in a second.</summary>
    PerSecond,

    /// <summary>Round trips to the server.</summary>
    RoundTrips,
}
