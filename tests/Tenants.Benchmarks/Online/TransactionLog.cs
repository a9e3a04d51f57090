using System.Globalization;

namespace Tenants.Benchmarks.Online;

/// <summary>The transactions that pgbench logged: when each ended, and how long it took.</summary>
internal sealed class TransactionLog
{
    private readonly List<(double End, double Latency, double Lag)> _transactions = [];

    /// <summary>Reads the logs of all threads: client, number, latency in µs, script, seconds, µs, and with a rate the lag in µs.</summary>
    public static TransactionLog Read(string folder, string prefix)
    {
        var log = new TransactionLog();
        foreach (var line in Directory.GetFiles(folder, prefix + ".*").SelectMany(File.ReadLines))
        {
            var fields = line.Split(' ');
            if (fields.Length >= 6 && double.TryParse(fields[2], CultureInfo.InvariantCulture, out var latency))
            {
                var end = Number(fields[4]) + (Number(fields[5]) / 1e6);
                log._transactions.Add((end, latency / 1000, fields.Length > 6 ? Number(fields[6]) / 1000 : 0));
            }
        }

        return log;
    }

    /// <summary>The figures of those that were on their way at some moment of a span.</summary>
    public LatencyFigures Between(DateTimeOffset from, DateTimeOffset to)
    {
        var (begin, end) = (Seconds(from), Seconds(to));
        var within = _transactions.Where(t => t.End >= begin && t.End - (t.Latency / 1000) <= end).ToList();
        var sorted = within.Select(t => t.Latency).Order().ToArray();
        return new LatencyFigures(
            sorted.Length,
            At(sorted, 0.5),
            At(sorted, 0.99),
            within.Count == 0 ? 0 : within.Max(t => t.Latency - t.Lag));
    }

    private static double At(double[] sorted, double share) => sorted.Length == 0 ? 0 : sorted[(int)Math.Min(sorted.Length - 1, sorted.Length * share)];

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private static double Seconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).TotalSeconds;
}
