using System.Collections;
using System.Collections.Specialized;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Internal;
using Tenants.Engine.Queries;

namespace Tenants.Hosting;

/// <summary>Reads what was given to <c>-Parameter</c>: a hashtable or an object by name, an array or a single value by position.</summary>
internal static class ParameterReader
{
    // What holds itself is cut here; the engine then refuses it by its name.
    private const int MaxDepth = 70;

    /// <summary>The values, free of PowerShell's wrappers.</summary>
    public static QueryParameters Read(object? parameter) => Unwrap(parameter, 0) switch
    {
        null => QueryParameters.None,
        IDictionary named => QueryParameters.Named(ByName(named)),
        Array list and not byte[] => QueryParameters.Positional([.. list.Cast<object?>()]),
        var value when IsPlain(value) => QueryParameters.Positional([value]),
        var value => QueryParameters.Named(ByName(Properties(PSObject.AsPSObject(value), 0))),
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

    private static object? Unwrap(object? value, int depth)
    {
        if (value is null || value == AutomationNull.Value || depth > MaxDepth)
        {
            return value == AutomationNull.Value ? null : value;
        }

        if (value is PSObject wrapper)
        {
            return wrapper.BaseObject is PSCustomObject ? Properties(wrapper, depth) : Unwrap(wrapper.BaseObject, depth);
        }

        return value switch
        {
            SwitchParameter flag => flag.IsPresent,
            string or byte[] => value,
            IDictionary dictionary => Dictionary(dictionary, depth),

            // Arrays of values hold no wrapper, and their type says what an empty one is of.
            Array { Rank: > 1 } => value,
            Array array when array.GetType().GetElementType() is { } element && (element.IsValueType || element == typeof(string)) => value,
            IList list => List(list, depth),
            IEnumerable sequence when value.GetType().IsGenericType => List(sequence, depth),
            _ => value,
        };
    }

    private static object?[] List(IEnumerable sequence, int depth) => [.. sequence.Cast<object?>().Select(item => Unwrap(item, depth + 1))];

    private static OrderedDictionary Dictionary(IDictionary dictionary, int depth)
    {
        var copy = new OrderedDictionary();
        foreach (DictionaryEntry entry in dictionary)
        {
            copy[Convert.ToString(entry.Key, CultureInfo.InvariantCulture)!] = Unwrap(entry.Value, depth + 1);
        }

        return copy;
    }

    private static OrderedDictionary Properties(PSObject value, int depth)
    {
        var properties = new OrderedDictionary();
        foreach (var property in value.Properties)
        {
            if (property.IsGettable)
            {
                properties[property.Name] = Unwrap(property.Value, depth + 1);
            }
        }

        return properties;
    }
}
