using System.Buffers;

namespace Tenants.Engine.Queries.Text;

/// <summary>
/// Cuts SQL into tokens by the rules of PostgreSQL's own lexer (src/backend/parser/scan.l), with
/// <c>standard_conforming_strings</c> on. White space and comments are skipped. It never fails: what it cannot close
/// reaches to the end, and the server says what is wrong.
/// </summary>
internal sealed class SqlLexer(string text)
{
    private const string OperatorCharacters = "~!@#^&|`?+-*/%<>=";

    // An operator that holds one of these may end in + or -.
    private static readonly SearchValues<char> s_nonSqlOperatorCharacters = SearchValues.Create("~!@#^&|`?%");

    private int _at;

    /// <summary>All tokens of a text.</summary>
    public static List<SqlToken> Tokenize(string text)
    {
        var lexer = new SqlLexer(text);
        var tokens = new List<SqlToken>();
        while (lexer.Next() is { } token)
        {
            tokens.Add(token);
        }

        return tokens;
    }

    /// <summary>True for the first character of an unquoted name.</summary>
    public static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c == '_' || c >= '\u0080';

    /// <summary>True for a further character of an unquoted name.</summary>
    public static bool IsNamePart(char c) => IsNameStart(c) || char.IsAsciiDigit(c) || c == '$';

    /// <summary>The next token, or null at the end.</summary>
    public SqlToken? Next()
    {
        _at = SkipBlank(_at);
        if (_at >= text.Length)
        {
            return null;
        }

        var start = _at;
        var (kind, end) = Scan(start);
        _at = end;
        return new SqlToken(kind, start, end);
    }

    private (SqlTokenKind Kind, int End) Scan(int at)
    {
        var c = text[at];
        var next = Peek(at + 1);
        return c switch
        {
            '\'' => (SqlTokenKind.String, EndOfString(at, escapes: false)),
            '"' => (SqlTokenKind.QuotedName, EndOfQuotedName(at)),
            'e' or 'E' when next == '\'' => (SqlTokenKind.String, EndOfString(at + 1, escapes: true)),
            'b' or 'B' or 'x' or 'X' or 'n' or 'N' when next == '\'' => (SqlTokenKind.String, EndOfString(at + 1, escapes: false)),
            'u' or 'U' when next == '&' && Peek(at + 2) == '\'' => (SqlTokenKind.String, EndOfString(at + 2, escapes: false)),
            'u' or 'U' when next == '&' && Peek(at + 2) == '"' => (SqlTokenKind.QuotedName, EndOfQuotedName(at + 2)),
            '$' when char.IsAsciiDigit(next) => (SqlTokenKind.Parameter, SkipDigits(at + 1)),
            '$' => ScanDollar(at),
            '.' when char.IsAsciiDigit(next) => (SqlTokenKind.Number, EndOfNumber(at)),
            '.' when next == '.' => (SqlTokenKind.Operator, at + 2),
            ':' when next is ':' or '=' => (SqlTokenKind.Operator, at + 2),
            ':' => (SqlTokenKind.Operator, at + 1),
            '\\' => (SqlTokenKind.Backslash, at + 1),
            '(' or ')' or '[' or ']' or ',' or ';' or '.' => (SqlTokenKind.Punctuation, at + 1),
            _ when char.IsAsciiDigit(c) => (SqlTokenKind.Number, EndOfNumber(at)),
            _ when IsNameStart(c) => (SqlTokenKind.Word, EndOfName(at)),
            _ when IsOperator(c) => (SqlTokenKind.Operator, EndOfOperator(at)),
            _ => (SqlTokenKind.Unknown, at + 1),
        };
    }

    private static bool IsOperator(char c) => OperatorCharacters.Contains(c, StringComparison.Ordinal);

    private static bool IsSpace(char c) => c is ' ' or '\t' or '\n' or '\r' or '\f' or '\v';

    private char Peek(int at) => at < text.Length ? text[at] : '\0';

    private bool IsLineComment(int at) => Peek(at) == '-' && Peek(at + 1) == '-';

    private bool IsBlockComment(int at) => Peek(at) == '/' && Peek(at + 1) == '*';

    private int SkipBlank(int at)
    {
        while (at < text.Length)
        {
            if (IsSpace(text[at]))
            {
                at++;
            }
            else if (IsLineComment(at))
            {
                at = EndOfLine(at);
            }
            else if (IsBlockComment(at))
            {
                at = EndOfBlockComment(at);
            }
            else
            {
                break;
            }
        }

        return at;
    }

    private int EndOfLine(int at)
    {
        var end = text.AsSpan(at).IndexOfAny('\n', '\r');
        return end < 0 ? text.Length : at + end;
    }

    private int EndOfBlockComment(int at)
    {
        var depth = 0;
        while (at < text.Length)
        {
            if (IsBlockComment(at))
            {
                depth++;
                at += 2;
            }
            else if (text[at] == '*' && Peek(at + 1) == '/')
            {
                at += 2;
                if (--depth == 0)
                {
                    return at;
                }
            }
            else
            {
                at++;
            }
        }

        return at;
    }

    private int EndOfString(int quote, bool escapes)
    {
        var at = quote + 1;
        while (at < text.Length)
        {
            if (escapes && text[at] == '\\')
            {
                at += 2;
            }
            else if (text[at] != '\'')
            {
                at++;
            }
            else if (Peek(at + 1) == '\'')
            {
                at += 2;
            }
            else if (Continuation(at + 1) is { } continued)
            {
                at = continued;
            }
            else
            {
                return at + 1;
            }
        }

        return text.Length;
    }

    // 'a' and, on a later line, 'b' are one string, in the first one's form: E'a' lets the second have escapes too.
    private int? Continuation(int at)
    {
        while (Peek(at) is ' ' or '\t' or '\f' or '\v' || IsLineComment(at))
        {
            at = IsLineComment(at) ? EndOfLine(at) : at + 1;
        }

        if (Peek(at) is not ('\n' or '\r'))
        {
            return null;
        }

        while (at < text.Length && (IsSpace(text[at]) || IsLineComment(at)))
        {
            at = IsLineComment(at) ? EndOfLine(at) : at + 1;
        }

        return Peek(at) == '\'' ? at + 1 : null;
    }

    private int EndOfQuotedName(int quote)
    {
        for (var at = quote + 1; at < text.Length; at++)
        {
            if (text[at] == '"')
            {
                if (Peek(at + 1) != '"')
                {
                    return at + 1;
                }

                at++;
            }
        }

        return text.Length;
    }

    private (SqlTokenKind Kind, int End) ScanDollar(int at)
    {
        var tag = at + 1;
        if (IsNameStart(Peek(tag)))
        {
            while (IsNamePart(Peek(tag)) && text[tag] != '$')
            {
                tag++;
            }
        }

        if (Peek(tag) != '$')
        {
            return (SqlTokenKind.Unknown, at + 1);
        }

        var delimiter = text.AsSpan(at, tag + 1 - at);
        var close = text.AsSpan(tag + 1).IndexOf(delimiter, StringComparison.Ordinal);
        return (SqlTokenKind.String, close < 0 ? text.Length : tag + 1 + close + delimiter.Length);
    }

    private int SkipDigits(int at)
    {
        while (char.IsAsciiDigit(Peek(at)))
        {
            at++;
        }

        return at;
    }

    private int EndOfNumber(int at)
    {
        at = SkipDigits(at);

        // In 1..10, which PL/pgSQL knows, the dots are no part of the number.
        if (Peek(at) == '.' && Peek(at + 1) != '.')
        {
            at = SkipDigits(at + 1);
        }

        if (Peek(at) is 'e' or 'E')
        {
            var digits = Peek(at + 1) is '+' or '-' ? at + 2 : at + 1;
            return char.IsAsciiDigit(Peek(digits)) ? SkipDigits(digits) : at;
        }

        return at;
    }

    private int EndOfName(int at)
    {
        while (IsNamePart(Peek(at)))
        {
            at++;
        }

        return at;
    }

    private int EndOfOperator(int start)
    {
        var end = start + 1;
        while (end < text.Length && IsOperator(text[end]) && !IsLineComment(end) && !IsBlockComment(end))
        {
            end++;
        }

        if (end - start == 1 || text[end - 1] is not ('+' or '-')
            || text.AsSpan(start, end - 1 - start).IndexOfAny(s_nonSqlOperatorCharacters) >= 0)
        {
            return end;
        }

        // 2*-1: an operator of the standard's characters does not end in a sign.
        while (end - start > 1 && text[end - 1] is '+' or '-')
        {
            end--;
        }

        return end;
    }
}
