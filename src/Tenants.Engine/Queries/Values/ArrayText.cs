using System.Text;

namespace Tenants.Engine.Queries.Values;

/// <summary>Arrays in the form in which PostgreSQL prints and reads them: <c>{a,"b c",NULL}</c>.</summary>
internal static class ArrayText
{
    /// <summary>Reads an array whose elements stay text.</summary>
    /// <param name="text">The array, with or without bounds before it (<c>[0:1]={…}</c>).</param>
    /// <param name="delimiter">What parts the elements: a comma, for the type <c>box</c> a semicolon.</param>
    public static Array Parse(string text, char delimiter)
    {
        var at = text.IndexOf('{', StringComparison.Ordinal);
        return Parse(text, ref at, delimiter);
    }

    /// <summary>Writes one dimension.</summary>
    public static void Append(StringBuilder text, IEnumerable<string?> elements, char delimiter = ',')
    {
        text.Append('{');
        var first = true;
        foreach (var element in elements)
        {
            if (!first)
            {
                text.Append(delimiter);
            }

            first = false;
            if (element is null)
            {
                text.Append("NULL");
                continue;
            }

            text.Append('"').Append(element.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
        }

        text.Append('}');
    }

    private static Array Parse(string text, ref int at, char delimiter)
    {
        var values = new List<object?>();
        at++;
        while (text[at] != '}')
        {
            values.Add(text[at] == '{' ? Parse(text, ref at, delimiter) : Element(text, ref at, delimiter));
            at += text[at] == delimiter ? 1 : 0;
        }

        at++;
        return ArrayDecoder.Narrow([.. values]);
    }

    private static string? Element(string text, ref int at, char delimiter)
    {
        var element = new StringBuilder();
        var quoted = text[at] == '"';
        at += quoted ? 1 : 0;
        while (quoted ? text[at] != '"' : text[at] != delimiter && text[at] != '}')
        {
            at += text[at] == '\\' ? 1 : 0;
            element.Append(text[at++]);
        }

        at += quoted ? 1 : 0;
        return !quoted && element.Equals("NULL") ? null : element.ToString();
    }
}
