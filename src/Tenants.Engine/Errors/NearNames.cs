namespace Tenants.Engine.Errors;

/// <summary>Names that somebody may have meant.</summary>
internal static class NearNames
{
    private const int Shown = 3;

    /// <summary>A sentence that names the nearest, led by a space; nothing if none is near.</summary>
    public static string Sentence(string wanted, IEnumerable<string> there)
    {
        var near = Find(wanted, there);
        return near.Count == 0 ? "" : $" Did you mean {string.Join(" or ", near.Select(n => $"'{n}'"))}?";
    }

    /// <summary>The nearest names, best first.</summary>
    public static IReadOnlyList<string> Find(string wanted, IEnumerable<string> there) =>
        [.. there.Select(name => (Name: name, Distance: Rank(wanted, name)))
            .Where(n => n.Distance <= Tolerance(wanted))
            .OrderBy(n => n.Distance)
            .ThenBy(n => n.Name, StringComparer.Ordinal)
            .Take(Shown)
            .Select(n => n.Name)];

    private static int Tolerance(string wanted) => Math.Max(1, Math.Min(3, wanted.Length / 3));

    // A name that differs in case alone, or that goes on, is nearer than any misspelling.
    private static int Rank(string wanted, string name)
    {
        if (string.Equals(wanted, name, StringComparison.OrdinalIgnoreCase))
        {
            return 0;
        }

        return wanted.Length >= 3 && (name.StartsWith(wanted, StringComparison.OrdinalIgnoreCase) || wanted.StartsWith(name, StringComparison.OrdinalIgnoreCase) && name.Length >= 3)
            ? 1
            : Distance(wanted.ToUpperInvariant(), name.ToUpperInvariant());
    }

    // Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours.
    private static int Distance(string a, string b)
    {
        if (Math.Abs(a.Length - b.Length) > 3)
        {
            return int.MaxValue;
        }

        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            rows[i, 0] = i;
        }

        for (var j = 0; j <= b.Length; j++)
        {
            rows[0, j] = j;
        }

        for (var i = 1; i <= a.Length; i++)
        {
            for (var j = 1; j <= b.Length; j++)
            {
                var cost = a[i - 1] == b[j - 1] ? 0 : 1;
                rows[i, j] = Math.Min(Math.Min(rows[i - 1, j] + 1, rows[i, j - 1] + 1), rows[i - 1, j - 1] + cost);
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return rows[a.Length, b.Length];
    }
}
