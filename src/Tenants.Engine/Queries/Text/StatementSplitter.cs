namespace Tenants.Engine.Queries.Text;

/// <summary>Splits a script into its statements, as psql does: at the semicolons outside of parentheses and of SQL function bodies.</summary>
internal static class StatementSplitter
{
    /// <summary>The statements of a script; empty ones are left out.</summary>
    /// <param name="script">The script.</param>
    /// <exception cref="TenantException"><c>QueryEmpty</c>, or <c>PsqlCommandRefused</c> for a command that psql itself would have run.</exception>
    public static IReadOnlyList<SqlStatement> Split(string script)
    {
        ArgumentNullException.ThrowIfNull(script);
        var statements = new List<SqlStatement>();
        var lexer = new SqlLexer(script);
        var tokens = new List<SqlToken>();
        var body = new FunctionBody();
        var parentheses = 0;
        var start = 0;
        while (lexer.Next() is { } token)
        {
            RefuseBackslash(script, token);
            if (token.IsPunctuation(script, ';') && parentheses == 0 && !body.IsOpen)
            {
                Add(script, start, token.Start, tokens, statements);
                tokens = [];
                body = new FunctionBody();
                start = token.End;
                continue;
            }

            parentheses += token.IsPunctuation(script, '(') ? 1 : token.IsPunctuation(script, ')') && parentheses > 0 ? -1 : 0;
            if (parentheses == 0)
            {
                body.See(script, token);
            }

            tokens.Add(token);
        }

        Add(script, start, script.Length, tokens, statements);
        return statements.Count > 0
            ? statements
            : throw new TenantException("QueryEmpty", TenantErrorKind.InvalidArgument, "There is no statement in the text: only white space, comments or semicolons.");
    }

    private static void Add(string script, int start, int end, List<SqlToken> tokens, List<SqlStatement> statements)
    {
        if (tokens.Count == 0)
        {
            return;
        }

        while (char.IsWhiteSpace(script[start]) && start < tokens[0].Start)
        {
            start++;
        }

        statements.Add(new SqlStatement(script, start, end, tokens));
    }

    private static void RefuseBackslash(string script, SqlToken token)
    {
        if (token.Kind != SqlTokenKind.Backslash)
        {
            return;
        }

        var end = token.End;
        while (end < script.Length && !char.IsWhiteSpace(script[end]) && end - token.End < 20)
        {
            end++;
        }

        var command = script[token.Start..end];
        throw new TenantException(
            "PsqlCommandRefused",
            TenantErrorKind.Syntax,
            $"Line {ScriptPosition.LineOf(script, token.Start)}: '{command}' is a command of psql, not SQL. {Instead(command)}");
    }

    private static string Instead(string command) => command.TrimStart('\\').ToLowerInvariant() switch
    {
        "i" or "ir" or "include" => "Run that file by itself: Invoke-TenantQuery -File.",
        "copy" => "Read rows with a SELECT and Export-Csv; write them with an INSERT … SELECT from unnest(@column) and arrays as parameters.",
        "set" or "unset" or "gset" => "Give values as parameters: @name in the SQL and -Parameter @{ name = … }.",
        "c" or "connect" => "Connect with Connect-TenantDatabase and name the connection with -Connection.",
        "." or "g" or "gx" or "q" => "Leave it out.",
        _ => "Run such a script with psql, or take the command out.",
    };

    /// <summary>Follows <c>CREATE FUNCTION … BEGIN ATOMIC … END</c>: the semicolons in that body end nothing.</summary>
    private sealed class FunctionBody
    {
        private readonly List<string> _firstWords = [];
        private bool _begin;
        private int _depth;

        public bool IsOpen => _depth > 0;

        public void See(string script, SqlToken token)
        {
            if (token.Kind != SqlTokenKind.Word)
            {
                _begin = false;
                return;
            }

            var word = token.In(script).ToString().ToUpperInvariant();
            if (_firstWords.Count < 4)
            {
                _firstWords.Add(word);
            }

            _depth += (word, _depth) switch
            {
                ("ATOMIC", 0) when _begin && IsRoutine => 1,
                ("CASE", > 0) => 1,
                ("END", > 0) => -1,
                _ => 0,
            };
            _begin = word == "BEGIN";
        }

        private bool IsRoutine =>
            _firstWords is ["CREATE", "FUNCTION" or "PROCEDURE", ..] or ["CREATE", "OR", "REPLACE", "FUNCTION" or "PROCEDURE"];
    }
}
