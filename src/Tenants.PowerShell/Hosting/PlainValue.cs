using System.Collections;
using System.Collections.Specialized;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Internal;

namespace Tenants.Hosting;

/// <summary>Values free of PowerShell's wrappers, as the engine takes them: a custom object becomes a dictionary, a list an array.</summary>
internal static class PlainValue
{
    // What holds itself is cut here; the engine then refuses it by its name.
    private const int MaxDepth = 70;

    /// <summary>The plain value.</summary>
    public static object? Of(object? value) => Unwrap(value, 0);

    /// <summary>The properties of an object, by name.</summary>
    public static IDictionary OfProperties(PSObject value) => Properties(value, 0);

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
