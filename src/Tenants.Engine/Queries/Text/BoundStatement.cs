namespace Tenants.Engine.Queries.Text;

/// <summary>A statement with its parameters numbered from <c>$1</c>, and their values in that order.</summary>
/// <param name="Source">The statement as the user wrote it.</param>
/// <param name="Sql">What is sent.</param>
/// <param name="Parameters">Name (or number) and value of each parameter.</param>
/// <param name="Edits">Where text was replaced: the place and the lengths before and after.</param>
internal sealed record BoundStatement(
    SqlStatement Source,
    string Sql,
    IReadOnlyList<(string Name, object? Value)> Parameters,
    IReadOnlyList<(int At, int OldLength, int NewLength)> Edits)
{
    /// <summary>The place in the user's script of a position that the server reports.</summary>
    /// <param name="position">From 1, in code points of the text that was sent.</param>
    public int ToScriptOffset(int position)
    {
        var offset = 0;
        for (var left = position - 1; left > 0 && offset < Sql.Length; left--)
        {
            offset += char.IsHighSurrogate(Sql[offset]) && offset + 1 < Sql.Length ? 2 : 1;
        }

        var script = Source.Start + offset;
        foreach (var (at, oldLength, newLength) in Edits)
        {
            if (at + newLength > script)
            {
                // Within the edit, its beginning is the answer; edits are kept in order.
                return Math.Min(script, at);
            }

            script += oldLength - newLength;
        }

        return script;
    }
}
