namespace Tenants.Engine.Queries.Text;

/// <summary>One statement of a script.</summary>
/// <param name="Script">The whole script.</param>
/// <param name="Start">Where the statement's text begins, comments before it included: a planner's hint may stand there.</param>
/// <param name="End">Where it ends, without its semicolon.</param>
/// <param name="Tokens">Its tokens, at least one.</param>
internal sealed record SqlStatement(string Script, int Start, int End, IReadOnlyList<SqlToken> Tokens)
{
    /// <summary>Its text.</summary>
    public string Text => Script[Start..End];

    /// <summary>True if the token at this place is one of the keywords.</summary>
    public bool HasWord(int index, params ReadOnlySpan<string> keywords)
    {
        if (index >= Tokens.Count)
        {
            return false;
        }

        foreach (var keyword in keywords)
        {
            if (Tokens[index].IsWord(Script, keyword))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>True if one of the keywords stands anywhere in it.</summary>
    public bool HasWordAnywhere(params ReadOnlySpan<string> keywords)
    {
        for (var i = 0; i < Tokens.Count; i++)
        {
            if (HasWord(i, keywords))
            {
                return true;
            }
        }

        return false;
    }
}
