using System.Globalization;

namespace Tenants.Engine.Queries.Results;

/// <summary>Makes names unique without regard to case, as PowerShell's properties are.</summary>
public static class ColumnNames
{
    /// <summary>The property that tells which tenant an object came from.</summary>
    public const string Tenant = "Tenant";

    /// <summary>
    /// The names of the properties that columns become. One without a name becomes <c>?column?</c>, for a property must have one; where the
    /// tenant comes before them, a column of that name has a number after it.
    /// </summary>
    /// <param name="names">The columns' names.</param>
    /// <param name="hasTenant">Whether the tenant comes before them.</param>
    public static IReadOnlyList<string> ToProperties(IEnumerable<string> names, bool hasTenant)
    {
        var named = names.Select(n => n.Length == 0 ? "?column?" : n);
        return hasTenant ? [.. MakeUnique([Tenant, .. named]).Skip(1)] : MakeUnique([.. named]);
    }

    /// <summary>The names in their order; a name that was there before gets the first free number, from 2, after it.</summary>
    /// <param name="names">The names as the server gave them.</param>
    public static IReadOnlyList<string> MakeUnique(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);

        // A name that really is id_2 keeps it, wherever it stands.
        var taken = new HashSet<string>(names, StringComparer.OrdinalIgnoreCase);
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        var unique = new string[names.Count];
        for (var i = 0; i < unique.Length; i++)
        {
            unique[i] = names[i];
            for (var n = 2; !seen.Add(unique[i]); n++)
            {
                var candidate = string.Create(CultureInfo.InvariantCulture, $"{names[i]}_{n}");
                unique[i] = taken.Add(candidate) ? candidate : unique[i];
            }
        }

        return unique;
    }
}
