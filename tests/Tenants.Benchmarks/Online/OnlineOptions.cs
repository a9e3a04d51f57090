using System.Globalization;

namespace Tenants.Benchmarks.Online;

/// <summary>What is measured, and how.</summary>
internal sealed record OnlineOptions
{
    public const string Usage = "[-rows 5000000] [-duration 60] [-clients 4] [-rate 200] [-throttle 20] [-version 15]";

    /// <summary>The rows of the table.</summary>
    public int Rows { get; private init; } = 5_000_000;

    /// <summary>How long the quiet run lasts, in seconds.</summary>
    public int Duration { get; private init; } = 60;

    /// <summary>How many clients there are.</summary>
    public int Clients { get; private init; } = 4;

    /// <summary>How many transactions begin in a second, all clients together; 0 for as many as there can be.</summary>
    public int Rate { get; private init; } = 200;

    /// <summary>The share of its time in percent that the backfill pauses.</summary>
    public int Throttle { get; private init; } = 20;

    /// <summary>The server's major version; null for any.</summary>
    public int? Version { get; private init; }

    /// <summary>Reads them; null where they make no sense.</summary>
    public static OnlineOptions? Read(string[] arguments)
    {
        var options = new OnlineOptions();
        for (var i = 0; i < arguments.Length; i += 2)
        {
            if (i + 1 == arguments.Length || !int.TryParse(arguments[i + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var value))
            {
                return null;
            }

            switch (arguments[i].TrimStart('-').ToUpperInvariant())
            {
                case "ROWS" when value > 0: options = options with { Rows = value }; break;
                case "DURATION" when value > 0: options = options with { Duration = value }; break;
                case "CLIENTS" when value > 0: options = options with { Clients = value }; break;
                case "RATE": options = options with { Rate = value }; break;
                case "THROTTLE" when value <= 95: options = options with { Throttle = value }; break;
                case "VERSION": options = options with { Version = value }; break;
                default: return null;
            }
        }

        return options;
    }
}
