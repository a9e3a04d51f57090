using System.Text.RegularExpressions;

namespace Tenants.Engine.Catalog;

/// <summary>
/// A table's name as people write it: <c>todo_item</c>, <c>app.todo_item</c>, <c>"Order Items"</c>, <c>"we.ird"."Na""me"</c>, or
/// with wildcards. What they typed is tried to the letter first, then as PostgreSQL would read it.
/// </summary>
internal sealed partial class TableName
{
    private readonly string _text;
    private readonly List<int> _dots;

    private TableName(string text)
    {
        _text = text;
        _dots = FindDots(text);
    }

    /// <summary>A part holds a wildcard that no quotes enclose.</summary>
    public bool HasWildcard => Parts().Any(p => !IsQuoted(p) && p.AsSpan().IndexOfAny("*?[") >= 0);

    /// <summary>It names no schema.</summary>
    public bool IsBare => _dots.Count == 0;

    /// <summary>The name alone, for the search of near ones.</summary>
    public string Last => Unquote(Parts()[^1]);

    /// <summary>Takes what was typed.</summary>
    /// <exception cref="TenantException"><c>InvalidIdentifier</c>: there is nothing in it.</exception>
    public static TableName Parse(string text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.Contains('\0', StringComparison.Ordinal))
        {
            throw new TenantException(
                "InvalidIdentifier", TenantErrorKind.InvalidArgument, "A table's name has at least one character, and none is NUL.");
        }

        return new TableName(text);
    }

    /// <summary>The qualified name, quoted where PostgreSQL would quote it, so that it is read back as the same.</summary>
    public static string Format(string schema, string name) => $"{Format(schema)}.{Format(name)}";

    /// <summary>What it can mean, the likeliest first.</summary>
    /// <param name="defaultSchema">The schema of names that give none.</param>
    public IEnumerable<(string Schema, string Name)> Candidates(string defaultSchema)
    {
        yield return (defaultSchema, _text);
        foreach (var dot in _dots)
        {
            foreach (var schema in Forms(_text[..dot]))
            {
                foreach (var name in Forms(_text[(dot + 1)..]))
                {
                    yield return (schema, name);
                }
            }
        }

        if (IsBare)
        {
            foreach (var name in Forms(_text))
            {
                yield return (defaultSchema, name);
            }
        }
    }

    /// <summary>Whether a table fits the wildcards; case does not count, as everywhere in PowerShell.</summary>
    public Func<string, string, bool> Matcher(string defaultSchema)
    {
        if (IsBare)
        {
            var bare = Wildcards.ToRegex(_text);
            return (schema, name) => schema == defaultSchema && bare.IsMatch(name);
        }

        var schemas = Pattern(_text[.._dots[0]]);
        var names = Pattern(_text[(_dots[0] + 1)..]);
        return (schema, name) => schemas.IsMatch(schema) && names.IsMatch(name);
    }

    /// <inheritdoc/>
    public override string ToString() => _text;

    private static Regex Pattern(string part) =>
        IsQuoted(part) ? new Regex($"^{Regex.Escape(Unquote(part))}\\z") : Wildcards.ToRegex(part);

    // Without quotes: as typed, then with ASCII folded as the server folds it.
    private static IEnumerable<string> Forms(string part)
    {
        yield return Unquote(part);
        if (!IsQuoted(part))
        {
            yield return string.Create(part.Length, part, static (to, from) =>
            {
                for (var i = 0; i < from.Length; i++)
                {
                    to[i] = char.IsAsciiLetterUpper(from[i]) ? (char)(from[i] + ('a' - 'A')) : from[i];
                }
            });
        }
    }

    private static bool IsQuoted(string part) => QuotedPart().IsMatch(part);

    private static string Unquote(string part) =>
        IsQuoted(part) ? part[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : part;

    /// <summary>One part of a name, quoted where PostgreSQL would quote it; but it quotes reserved words too.</summary>
    internal static string Format(string name) =>
        PlainName().IsMatch(name) ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private string[] Parts()
    {
        int[] ends = [.. _dots, _text.Length];
        return [.. ends.Select((end, i) => _text[(i == 0 ? 0 : ends[i - 1] + 1)..end])];
    }

    private static List<int> FindDots(string text)
    {
        var dots = new List<int>();
        var (quoted, start) = (false, 0);
        for (var i = 0; i < text.Length; i++)
        {
            // A quote opens only where a part begins; inside, a doubled one closes and opens again.
            if (text[i] == '"' && (quoted || i == start))
            {
                quoted = !quoted;
            }
            else if (text[i] == '"' && i > 0 && text[i - 1] == '"' && text[start] == '"')
            {
                quoted = true;
            }
            else if (text[i] == '.' && !quoted)
            {
                dots.Add(i);
                start = i + 1;
            }
        }

        return dots;
    }

    [GeneratedRegex("^\"(?:[^\"]|\"\")+\"\\z")]
    private static partial Regex QuotedPart();

    [GeneratedRegex("^[a-z_][a-z0-9_$]*\\z")]
    private static partial Regex PlainName();
}
