using System.Text;

namespace Tenants.Engine.Errors;

/// <summary>Where in a statement an error points.</summary>
internal static class TextPosition
{
    /// <summary>The place in words, led by a space.</summary>
    /// <param name="sql">The text that was sent.</param>
    /// <param name="position">The server's position: from 1, in characters (code points).</param>
    public static string Describe(string sql, int position)
    {
        var (line, column) = (1, 1);
        foreach (var rune in sql.EnumerateRunes().Take(position - 1))
        {
            (line, column) = rune == (Rune)'\n' ? (line + 1, 1) : (line, column + 1);
        }

        return $" (line {line}, column {column})";
    }

    /// <summary>The name that stands at a position, quoted or not, with its schema; null if none does.</summary>
    public static string? NameAt(string sql, int position)
    {
        var at = 0;
        foreach (var rune in sql.EnumerateRunes().Take(position - 1))
        {
            at += rune.Utf16SequenceLength;
        }

        var end = at;
        var quoted = false;
        for (; end < sql.Length; end++)
        {
            var c = sql[end];
            quoted ^= c == '"';
            if (!quoted && c != '"' && c != '.' && c != '_' && c != '$' && !char.IsLetterOrDigit(c))
            {
                break;
            }
        }

        return end > at ? sql[at..end].Replace("\"", "", StringComparison.Ordinal) : null;
    }
}
