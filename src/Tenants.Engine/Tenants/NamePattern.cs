using System.Text;

namespace Tenants.Engine.Tenants;

/// <summary>
/// A name with PowerShell's wildcards: <c>*</c> any characters, <c>?</c> one, <c>[abc]</c> and <c>[a-c]</c> one of these, a
/// backtick before a character that stands for itself. The case counts, as it does in the database.
/// </summary>
internal static class NamePattern
{
    private const string Wildcards = "*?[";

    /// <summary>True if the text holds a wildcard that no backtick makes plain.</summary>
    public static bool HasWildcards(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '`')
            {
                i++;
            }
            else if (Wildcards.Contains(text[i], StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The plain text of one without wildcards.</summary>
    public static string Unescape(string text)
    {
        var plain = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            // A backtick that makes nothing plain is itself.
            if (text[i] == '`' && i + 1 < text.Length && (Wildcards.Contains(text[i + 1], StringComparison.Ordinal) || text[i + 1] is ']' or '`'))
            {
                i++;
            }

            plain.Append(text[i]);
        }

        return plain.ToString();
    }

    /// <summary>It as a regular expression of PostgreSQL's (an ARE) that fits the whole name.</summary>
    public static string ToRegex(string pattern)
    {
        var regex = new StringBuilder("^(?:");
        for (var i = 0; i < pattern.Length; i++)
        {
            var c = pattern[i];
            switch (c)
            {
                case '`' when i + 1 < pattern.Length:
                    AppendPlain(regex, pattern[++i]);
                    break;
                case '*':
                    regex.Append(".*");
                    break;
                case '?':
                    regex.Append('.');
                    break;
                case '[' when pattern.IndexOf(']', i + 1) is > 0 and var end && end > i + 1:
                    AppendSet(regex, pattern[(i + 1)..end]);
                    i = end;
                    break;
                default:
                    AppendPlain(regex, c);
                    break;
            }
        }

        return regex.Append(")$").ToString();
    }

    private static void AppendSet(StringBuilder regex, string set)
    {
        regex.Append('[');
        foreach (var c in set)
        {
            if (c is '\\' or '^' or '[' or ':' or '.' or '=')
            {
                regex.Append('\\');
            }

            regex.Append(c);
        }

        regex.Append(']');
    }

    private static void AppendPlain(StringBuilder regex, char c)
    {
        // Before a letter or digit the backslash would mean something.
        if (c < 128 && !char.IsAsciiLetterOrDigit(c))
        {
            regex.Append('\\');
        }

        regex.Append(c);
    }
}
