using System.Text;
using System.Text.RegularExpressions;

namespace Tenants.Engine.Catalog;

/// <summary>PowerShell's wildcards: <c>*</c>, <c>?</c>, <c>[a-z]</c>, and the backtick that takes their meaning away.</summary>
internal static class Wildcards
{
    /// <summary>The pattern as a regular expression over the whole of a name.</summary>
    public static Regex ToRegex(string pattern)
    {
        var regex = new StringBuilder("^");
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*':
                    regex.Append(".*");
                    break;
                case '?':
                    regex.Append('.');
                    break;
                case '[' when pattern.IndexOf(']', i + 1) is var end && end > i + 1:
                    AppendSet(regex, pattern[(i + 1)..end]);
                    i = end;
                    break;
                case '`' when i + 1 < pattern.Length:
                    regex.Append(Regex.Escape(pattern[++i].ToString()));
                    break;
                default:
                    regex.Append(Regex.Escape(pattern[i].ToString()));
                    break;
            }
        }

        return new Regex(regex.Append("\\z").ToString(), RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.Singleline);
    }

    private static void AppendSet(StringBuilder regex, string members)
    {
        regex.Append('[');
        foreach (var member in members)
        {
            // All but the dash of a range stand for themselves.
            regex.Append(member == '-' ? "-" : $"\\u{(int)member:x4}");
        }

        regex.Append(']');
    }
}
