namespace Tenants.Engine.Catalog;

/// <summary>
/// What PostgreSQL's own text of an expression (<c>pg_get_expr</c>) lets one be sure of. It parenthesizes every operand of AND
/// and OR, so that its parts can be told apart without parsing SQL; anything not understood is taken for the worse.
/// </summary>
internal static class Deparsed
{
    /// <summary>True where a row passes only if <paramref name="condition"/> holds: it is the whole, or one part of a conjunction.</summary>
    public static bool Requires(string expression, string condition) => Parts(expression, " AND ").Contains(Bare(condition), StringComparer.Ordinal);

    /// <summary>True where every row passes if <paramref name="condition"/> holds: the whole is true, or it is one part of a disjunction.</summary>
    public static bool Allows(string expression, string condition)
    {
        var parts = Parts(expression, " OR ");
        return parts.Contains("true", StringComparer.Ordinal)
            || (condition.Length > 0 && parts.Contains(Bare(condition), StringComparer.Ordinal));
    }

    /// <summary>The expression in exactly one pair of parentheses, as a policy takes it.</summary>
    public static string Enclosed(string expression) => $"({Bare(expression)})";

    /// <summary>True where every parenthesis that is opened is closed, and the other way round: it is not a part cut out of two.</summary>
    public static bool IsBalanced(string expression)
    {
        var depth = 0;
        for (var i = 0; i < expression.Length && depth >= 0; i++)
        {
            switch (expression[i])
            {
                case '(':
                    depth++;
                    break;
                case ')':
                    depth--;
                    break;
                case '\'' or '"':
                    i = EndOfQuoted(expression, i);
                    break;
            }
        }

        return depth == 0;
    }

    private static List<string> Parts(string expression, string separator)
    {
        var text = Bare(expression);
        var parts = new List<string>();
        var (depth, start) = (0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '(' or '[':
                    depth++;
                    break;
                case ')' or ']':
                    depth--;
                    break;
                case '\'' or '"':
                    i = EndOfQuoted(text, i);
                    break;
                case ' ' when depth == 0 && string.CompareOrdinal(text, i, separator, 0, separator.Length) == 0:
                    parts.Add(Bare(text[start..i]));
                    start = i + separator.Length;
                    break;
            }
        }

        if (parts.Count == 0)
        {
            return [text];
        }

        parts.Add(Bare(text[start..]));
        return [.. parts.SelectMany(p => Parts(p, separator))];
    }

    // Takes off the parentheses that enclose all of it.
    private static string Bare(string expression)
    {
        var text = expression.Trim();
        while (text.Length > 1 && text[0] == '(' && Closing(text) == text.Length - 1)
        {
            text = text[1..^1].Trim();
        }

        return text;
    }

    private static int Closing(string text)
    {
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '(':
                    depth++;
                    break;
                case ')' when --depth == 0:
                    return i;
                case '\'' or '"':
                    i = EndOfQuoted(text, i);
                    break;
            }
        }

        return -1;
    }

    // Deparsed literals double their quotes; those with a backslash are written E'…' and double that as well.
    private static int EndOfQuoted(string text, int start)
    {
        for (var i = start + 1; i < text.Length; i++)
        {
            if (text[i] != text[start])
            {
                continue;
            }

            if (i + 1 < text.Length && text[i + 1] == text[start])
            {
                i++;
                continue;
            }

            return i;
        }

        return text.Length - 1;
    }
}
