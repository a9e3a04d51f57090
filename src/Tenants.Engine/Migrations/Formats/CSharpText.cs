using System.Text;

namespace Tenants.Engine.Migrations.Formats;

/// <summary>SQL as C# writes it: as it is, between as many quotes as it takes.</summary>
internal static class CSharpText
{
    /// <summary>A string literal over several lines; nothing in it is escaped or interpolated.</summary>
    /// <param name="sql">The text.</param>
    /// <param name="indent">How far the text is indented, in spaces.</param>
    public static string Literal(string sql, int indent)
    {
        // A raw literal cannot hold what C# takes for a line's end and the editor for something else.
        if (sql.Any(c => (char.IsControl(c) && c is not '\n' and not '\t') || c is '\u2028' or '\u2029'))
        {
            return Escaped(sql);
        }

        var quotes = new string('"', Math.Max(3, LongestRun(sql) + 1));
        var margin = new string(' ', indent);
        var lines = sql.Split('\n').Select(l => l.Length == 0 ? l : margin + l);
        return $"{quotes}\n{string.Join('\n', lines)}\n{margin}{quotes}";
    }

    /// <summary>A string literal on one line.</summary>
    public static string Escaped(string text)
    {
        var escaped = new StringBuilder("\"");
        foreach (var c in text)
        {
            escaped.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                _ when char.IsControl(c) || c is '\u2028' or '\u2029' => $"\\u{(int)c:x4}",
                _ => c.ToString(),
            });
        }

        return escaped.Append('"').ToString();
    }

    private static int LongestRun(string text)
    {
        var (longest, run) = (0, 0);
        foreach (var c in text)
        {
            run = c == '"' ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        return longest;
    }
}
