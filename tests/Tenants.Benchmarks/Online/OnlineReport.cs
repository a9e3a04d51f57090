using System.Globalization;

namespace Tenants.Benchmarks.Online;

/// <summary>The figures side by side, as a table in Markdown.</summary>
internal static class OnlineReport
{
    /// <summary>Writes it.</summary>
    public static string Write(OnlineOptions options, Version server, EnableFigures beside, EnableFigures online, EnableFigures naive, double plainUpdate)
    {
        var rate = options.Rate == 0 ? "as many as there can be" : $"{options.Rate} a second";
        return string.Join('\n', [
            $"PostgreSQL {server} (durability off), {Environment.ProcessorCount} processors, {Text(options.Rows)} rows; {options.Clients} clients, transactions: {rate}, two reads for each write; backfill throttled by {options.Throttle} %.",
            "",
            "| | before | beside a session that computes | before | enabled online | before | enabled in one transaction |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
            Row("transactions", f => Text(f.Count)),
            Row("p50, ms", f => Text(f.Median, "0.00")),
            Row("p99, ms", f => Text(f.P99, "0.00")),
            Row("longest transaction, ms", f => Text(f.Longest, "0")),
            $"| p99 against before | | {Text(beside.Busy.P99 / beside.Quiet.P99, "0.0")}× | | {Text(online.Busy.P99 / online.Quiet.P99, "0.0")}× | | {Text(naive.Busy.P99 / naive.Quiet.P99, "0.0")}× |",
            $"| took, s | | | | {Text(online.Took.TotalSeconds, "0.0")} | | {Text(naive.Took.TotalSeconds, "0.0")} |",
            $"| backfill, rows a second | | | | {Text(online.RowsPerSecond ?? 0, "0")} | | one UPDATE without traffic: {Text(plainUpdate, "0")} |",
        ]);

        string Row(string title, Func<LatencyFigures, string> text) =>
            $"| {title} | {text(beside.Quiet)} | {text(beside.Busy)} | {text(online.Quiet)} | {text(online.Busy)} | {text(naive.Quiet)} | {text(naive.Busy)} |";
    }

    private static string Text(double number, string format = "#,0") => number.ToString(format, CultureInfo.InvariantCulture);
}
