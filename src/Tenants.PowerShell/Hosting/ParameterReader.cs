using System.Collections;
using System.Globalization;
using System.Management.Automation;
using Tenants.Engine.Queries;

namespace Tenants.Hosting;

/// <summary>Reads what was given to <c>-Parameter</c>: a hashtable or an object by name, an array or a single value by position.</summary>
internal static class ParameterReader
{
    /// <summary>The values, free of PowerShell's wrappers.</summary>
    public static QueryParameters Read(object? parameter) => PlainValue.Of(parameter) switch
    {
        null => QueryParameters.None,
        IDictionary named => QueryParameters.Named(ByName(named)),
        Array list and not byte[] => QueryParameters.Positional([.. list.Cast<object?>()]),
        var value when IsPlain(value) => QueryParameters.Positional([value]),
        var value => QueryParameters.Named(ByName(PlainValue.OfProperties(PSObject.AsPSObject(value)))),
    };

    private static bool IsPlain(object value) => value is string or byte[] or ValueType or Uri or Version or System.Net.IPAddress or ScriptBlock;

    private static Dictionary<string, object?> ByName(IDictionary values)
    {
        var named = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in values)
        {
            named[Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!] = entry.Value;
        }

        return named;
    }
}
