using System.Globalization;

namespace Tenants.Benchmarks;

/// <summary>Which measurements run, and how.</summary>
internal sealed record BenchOptions
{
    public const string Usage = "[quick] [-write] [-version 15] [names of measurements]";

    /// <summary>Smaller sizes and fewer pairs.</summary>
    public bool IsQuick { get; private init; }

    /// <summary>Writes the document, though not all was measured or less of it.</summary>
    public bool Writes { get; private init; }

    /// <summary>The server's major version; null for any.</summary>
    public int? Version { get; private init; }

    /// <summary>The measurements by name; none for all.</summary>
    public IReadOnlyList<string> Names { get; private init; } = [];

    /// <summary>Reads them; null where they make no sense.</summary>
    public static BenchOptions? Read(string[] arguments)
    {
        var options = new BenchOptions();
        var known = BenchRun.All.Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Length; i++)
        {
            var word = arguments[i].TrimStart('-').ToLowerInvariant();
            if (word == "quick")
            {
                options = options with { IsQuick = true };
            }
            else if (word == "write")
            {
                options = options with { Writes = true };
            }
            else if (word == "version" && i + 1 < arguments.Length && int.TryParse(arguments[++i], NumberStyles.None, CultureInfo.InvariantCulture, out var version))
            {
                options = options with { Version = version };
            }
            else if (known.Contains(word))
            {
                options = options with { Names = [.. options.Names, word] };
            }
            else
            {
                return null;
            }
        }

        return options;
    }
}
