namespace Tenants;

/// <summary>How far a rollout has come.</summary>
/// <param name="Table">The table.</param>
/// <param name="Phase">What it does now, in a few words.</param>
/// <param name="Step">The unit that runs, from 1.</param>
/// <param name="Steps">How many units there are.</param>
public sealed record TenantRolloutProgress(string Table, string Phase, int Step, int Steps)
{
    /// <summary>The share of this unit's work that is done, from 0 to 1; null where that is not known.</summary>
    public double? Done { get; init; }

    /// <summary>Rows that were filled in by this run.</summary>
    public long? Rows { get; init; }

    /// <summary>Rows per second, lately.</summary>
    public double? RowsPerSecond { get; init; }

    /// <summary>How long this unit is likely to take yet.</summary>
    public TimeSpan? Left { get; init; }

    /// <summary>Whom it waits for; null where it does not wait.</summary>
    public string? WaitsFor { get; init; }
}
