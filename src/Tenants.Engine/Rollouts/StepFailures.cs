using System.Globalization;
using Npgsql;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Rollouts;

/// <summary>What ends a rollout although nothing is wrong with it: somebody in its way, too little time, somebody's word.</summary>
internal static class StepFailures
{
    /// <summary>True where a statement that had a limit was cancelled before it: by somebody, and not by the clock.</summary>
    public static bool IsCancelled(PostgresException error, TimeSpan took, TimeSpan? limit) =>
        error.SqlState == PostgresErrorCodes.QueryCanceled && (limit is not { } most || took < most * 0.95);

    /// <summary>Others were in its way for as long as it tried.</summary>
    public static TenantException Busy(PostgresException error, string table, string purpose, string? blockers, RolloutOptions options) => Make(
        "TableBusy",
        TenantErrorKind.Timeout,
        table,
        $"{table} was in use all the time, so that '{purpose}' found no moment within {Seconds(options.Patience)} s{(blockers is null ? "" : $": in its way was {blockers}")}. Run it again, at a quieter time or when that transaction has ended: it goes on where it stopped.",
        error);

    /// <summary>Nobody was in its way, and it takes longer than others may be made to wait.</summary>
    public static TenantException TooSlow(PostgresException error, string table, PlanStep step) => Make(
        "StepTooSlow",
        TenantErrorKind.Timeout,
        table,
        $"'{step.Purpose}' of {table} takes longer than {Seconds(LockRetry.Budget)} s by itself, with nobody in its way, and that long others may not be made to wait ({step.LockText}). A slow disk, an event trigger, or very many partitions can be why. Run it again when the server has less to do: it goes on where it stopped; or without -Online when the table may stand still: that takes the time that it needs.",
        error);

    /// <summary>One block of rows takes longer than it may ever.</summary>
    public static TenantException RowsTooSlow(PostgresException error, string table, PlanStep step, TimeSpan limit) => Make(
        "StepTooSlow",
        TenantErrorKind.Timeout,
        table,
        $"'{step.Purpose}': the few rows of a single block take longer than {Seconds(limit)} s by themselves, with nobody in their way. Look at what runs for each row, a trigger of {table} or what -Backfill reads without an index; or let it try longer: -RetryFor. Run it again: it goes on where it stopped.",
        error);

    /// <summary>Somebody cancelled it on the server, and meant it.</summary>
    public static TenantException Cancelled(PostgresException error, string table, string purpose) => Make(
        "QueryCanceled", TenantErrorKind.Stopped, table, $"Somebody cancelled '{purpose}' of {table} on the server. What was done before is kept; run it again, and it goes on where it stopped.", error);

    private static TenantException Make(string errorId, TenantErrorKind kind, string table, string message, PostgresException error) =>
        new(errorId, kind, message) { SqlState = error.SqlState, Table = table, Target = table };

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture);
}
