using System.Collections;
using System.Globalization;
using System.Reflection;

namespace Tenants;

/// <summary>
/// A row that a query returned. Its columns are the properties of the class that derives from it, which is made when a result of
/// that shape is first met. It has no property of its own, for a column may have any name.
/// </summary>
public abstract class TenantRow
{
    /// <summary>The row as PowerShell writes a custom object: <c>@{id=1; title=x}</c>.</summary>
    public override string ToString() =>
        $"@{{{string.Join("; ", GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(p => $"{p.Name}={Text(p.GetValue(this))}"))}}}";

    private static string? Text(object? value) => value switch
    {
        string text => text,
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        IEnumerable list => list.GetType().ToString(),
        _ => value?.ToString(),
    };
}
