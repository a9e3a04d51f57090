using Tenants.Engine.Queries.Text;

namespace Tenants.Engine.Measuring;

/// <summary>One of the conditions that a node joins by AND, as the server writes it out.</summary>
/// <param name="Text">The condition.</param>
/// <param name="Names">The names in it: columns, tables, functions.</param>
/// <param name="Functions">The names before a parenthesis.</param>
/// <param name="Operators">The operators, casts left out.</param>
/// <param name="Literals">The strings in it, with their quotes.</param>
internal sealed record Conjunct(
    string Text, IReadOnlyList<string> Names, IReadOnlyList<string> Functions, IReadOnlyList<string> Operators, IReadOnlyList<string> Literals)
{
    private static readonly string[] s_functionLike = ["AND", "OR", "NOT", "IN", "ANY", "ALL", "CASE", "WHEN", "THEN", "ELSE"];

    /// <summary>It compares with what a sub-select gave once for the whole statement, as the policy does: <c>$0</c>, from 17 on <c>(InitPlan 1).col1</c>.</summary>
    public bool IsOfInitPlan { get; private init; }

    /// <summary>The numbers in it, and what the strings in it say.</summary>
    public IReadOnlyList<string> Values { get; private init; } = [];

    /// <summary>True if it speaks of a column.</summary>
    public bool Mentions(string column) => Names.Contains(column);

    /// <summary>The conditions of a node.</summary>
    /// <param name="condition">What EXPLAIN says; null for none.</param>
    public static IReadOnlyList<Conjunct> Split(string? condition) => condition is null ? [] : [.. Parts(condition).Select(Read)];

    // ((a = 1) AND (b = 2)): the server puts each into parentheses of its own.
    private static List<string> Parts(string condition)
    {
        var statement = Lex(condition);
        var (depth, start) = (0, -1);
        var parts = new List<string>();
        foreach (var token in statement.Tokens)
        {
            if (token.IsPunctuation(condition, '('))
            {
                depth++;
                if (depth == 2 && start < 0)
                {
                    start = token.Start;
                }
            }
            else if (token.IsPunctuation(condition, ')'))
            {
                depth--;
            }
            else if (depth == 1 && token.IsWord(condition, "OR"))
            {
                return [condition];
            }
            else if (depth == 1 && token.IsWord(condition, "AND") && start >= 0)
            {
                parts.Add(condition[start..token.Start].Trim());
                start = -1;
            }
        }

        if (parts.Count == 0 || start < 0)
        {
            return [condition];
        }

        parts.Add(condition[start..condition.TrimEnd().LastIndexOf(')')].Trim());
        return parts;
    }

    private static Conjunct Read(string text)
    {
        var tokens = Lex(text).Tokens;
        var names = new List<string>();
        var functions = new List<string>();
        for (var i = 0; i < tokens.Count; i++)
        {
            if (tokens[i].Kind is not (SqlTokenKind.Word or SqlTokenKind.QuotedName))
            {
                continue;
            }

            var name = Unquote(tokens[i].In(text).ToString());
            names.Add(name);
            if (i + 1 < tokens.Count && tokens[i + 1].IsPunctuation(text, '(') && !s_functionLike.Contains(name.ToUpperInvariant()))
            {
                functions.Add(name);
            }
        }

        return new Conjunct(
            text,
            names,
            functions,
            [.. tokens.Where(t => t.Kind == SqlTokenKind.Operator).Select(t => t.In(text).ToString()).Where(o => o != "::")],
            [.. tokens.Where(t => t.Kind == SqlTokenKind.String).Select(t => t.In(text).ToString())])
        {
            Values = [.. tokens.Where(t => t.Kind is SqlTokenKind.String or SqlTokenKind.Number).Select(t => Value(t.In(text).ToString()))],
            IsOfInitPlan = names.Contains("InitPlan") || tokens.Any(t => t.Kind == SqlTokenKind.Parameter),
        };
    }

    private static SqlStatement Lex(string text) => StatementSplitter.Split(text)[0];

    // The server writes a string with a backslash in it as E'…', and doubles both.
    private static string Value(string literal)
    {
        var isEscaped = literal.StartsWith("E'", StringComparison.Ordinal);
        if (!isEscaped && !literal.StartsWith('\''))
        {
            return literal;
        }

        var value = literal[(isEscaped ? 2 : 1)..^1].Replace("''", "'", StringComparison.Ordinal);
        return isEscaped ? value.Replace(@"\\", @"\", StringComparison.Ordinal) : value;
    }

    private static string Unquote(string name) => name.StartsWith('"') ? name[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : name;
}
