using System.Globalization;
using Tenants.Engine.Rollouts;
using Tenants.Engine.Sql;

namespace Tenants.Engine.Plans;

/// <summary>
/// The limits of a transaction against a table in use, as SQL: what others wait for has <see cref="LockRetry.Budget"/>, waiting included;
/// what others do not wait for may work longer, not wait longer.
/// </summary>
internal static class UnitLimits
{
    private static readonly string s_seconds = LockRetry.Budget.TotalSeconds.ToString(CultureInfo.InvariantCulture);

    /// <summary>What comes first where the lock is taken that others wait for: <see cref="Rest"/> counts from there.</summary>
    public static readonly string Begin = Set("tenants.begun", "extract(epoch from pg_catalog.clock_timestamp())::text");

    /// <summary>Leaves the statements after it what is left of the time, for the server's own limit is one for each.</summary>
    public static readonly string Rest = Set(
        "statement_timeout",
        $"greatest(1, 1000 * ({s_seconds} - extract(epoch from pg_catalog.clock_timestamp()) + pg_catalog.current_setting('tenants.begun')::numeric))::integer::text");

    /// <summary>What comes first in the transaction.</summary>
    /// <param name="isStrong">Others wait for a lock that it takes.</param>
    public static IReadOnlyList<string> Of(bool isStrong) =>
        [$"set local lock_timeout = '{s_seconds}s'", $"set local statement_timeout = {(isStrong ? $"'{s_seconds}s'" : "0")}"];

    private static string Set(string name, string value) => $"do {Quote.Dollar($"begin perform pg_catalog.set_config('{name}', {value}, true); end")}";
}
