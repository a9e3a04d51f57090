namespace Tenants.Engine.Audit;

/// <summary>Lists of names for people: long ones are cut, and say so.</summary>
internal static class Listing
{
    private const int Shown = 10;

    /// <summary>The first names, and how many more there are.</summary>
    public static string Of(IEnumerable<string> names)
    {
        var all = names.ToList();
        return all.Count <= Shown
            ? string.Join(", ", all)
            : $"{string.Join(", ", all.Take(Shown))} and {all.Count - Shown} more";
    }

    /// <summary>The first statements, one a line, and how many more there are.</summary>
    public static string Statements(IEnumerable<string> statements)
    {
        var all = statements.ToList();
        var more = all.Count > Shown ? $"\n    -- and {all.Count - Shown} more like these" : "";
        return string.Concat(all.Take(Shown).Select(s => $"\n    {s};")) + more;
    }
}
