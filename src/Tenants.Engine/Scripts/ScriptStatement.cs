using Tenants.Engine.Queries.Text;

namespace Tenants.Engine.Scripts;

/// <summary>One statement of a script that is tested.</summary>
/// <param name="Number">Which it is, from 1.</param>
/// <param name="Source">Where it stands.</param>
internal sealed record ScriptStatement(int Number, SqlStatement Source)
{
    private const int ShownLength = 100;

    /// <summary>The line on which it begins.</summary>
    public int Line => ScriptPosition.LineOf(Source.Script, Source.Tokens[0].Start);

    /// <summary>It begins or ends a transaction or a part of one.</summary>
    public bool IsTransactionControl => StatementGuard.IsTransactionControl(Source);

    /// <summary>It reads its rows from the client, or gives them to it.</summary>
    public bool CopiesToClient => Source.HasWord(0, "COPY") && StatementGuard.CopiesToClient(Source);

    /// <summary>It goes back to the login, wherever SET ROLE has led.</summary>
    public bool ReturnsToLogin =>
        Source.HasWord(0, "RESET") ? Source.HasWord(1, "ROLE") || (Source.HasWord(1, "SESSION") && Source.HasWord(2, "AUTHORIZATION"))
        : Source.HasWord(0, "SET") && Source.HasWord(Source.Tokens.Count - 1, "NONE", "DEFAULT")
            && Source.HasWordAnywhere("ROLE", "AUTHORIZATION");

    /// <summary>A whole number that it returns is one of rows. Others (an id, what a sequence gave) differ from run to run, whoever asks.</summary>
    public bool CountsRows => Source.HasWordAnywhere("COUNT") && !Source.HasWordAnywhere("INSERT", "UPDATE", "DELETE", "MERGE");

    /// <summary>Its beginning on one line, without what stands in quotes.</summary>
    public string Shown
    {
        get
        {
            var words = new List<string>();
            var length = 0;
            for (var i = 0; i < Source.Tokens.Count; i++)
            {
                var token = Source.Tokens[i];
                var text = token.Kind == SqlTokenKind.String ? "'…'" : token.In(Source.Script).ToString();
                var isApart = i > 0 && token.Start > Source.Tokens[i - 1].End;
                length += text.Length + (isApart ? 1 : 0);
                if (length > ShownLength)
                {
                    words.Add("…");
                    break;
                }

                words.Add(isApart ? " " + text : text);
            }

            return string.Concat(words);
        }
    }

    /// <summary>The line on which an error points.</summary>
    /// <param name="position">The server's position in the statement, from 1; 0 where it gives none.</param>
    public int LineAt(int position) =>
        position > 0 ? ScriptPosition.LineOf(Source.Script, new BoundStatement(Source, Source.Text, [], []).ToScriptOffset(position)) : Line;

    /// <summary>Reads a script. Nothing is sent.</summary>
    /// <exception cref="TenantException"><c>QueryEmpty</c>, <c>QueryNotText</c>, <c>PsqlCommandRefused</c>.</exception>
    public static IReadOnlyList<ScriptStatement> ReadAll(string script)
    {
        if (script.Contains('\0', StringComparison.Ordinal))
        {
            throw new TenantException("QueryNotText", TenantErrorKind.Syntax, "The text holds the character NUL, which SQL cannot. Is the file UTF-16? Save it as UTF-8.");
        }

        return [.. StatementSplitter.Split(script).Select((statement, index) => new ScriptStatement(index + 1, statement))];
    }
}
