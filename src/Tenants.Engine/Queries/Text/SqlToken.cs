namespace Tenants.Engine.Queries.Text;

/// <summary>A piece of SQL text.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Start">Where it begins, in UTF-16 units from the beginning of the script.</param>
/// <param name="End">Where the next character stands.</param>
internal readonly record struct SqlToken(SqlTokenKind Kind, int Start, int End)
{
    /// <summary>The text of it.</summary>
    public ReadOnlySpan<char> In(string script) => script.AsSpan(Start, End - Start);

    /// <summary>True if it is this keyword.</summary>
    public bool IsWord(string script, string keyword) =>
        Kind == SqlTokenKind.Word && In(script).Equals(keyword, StringComparison.OrdinalIgnoreCase);

    /// <summary>True if it is this one character of punctuation.</summary>
    public bool IsPunctuation(string script, char character) => Kind == SqlTokenKind.Punctuation && script[Start] == character;
}
