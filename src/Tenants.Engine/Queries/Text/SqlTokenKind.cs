namespace Tenants.Engine.Queries.Text;

/// <summary>What a piece of SQL text is, as far as splitting and parameters need to know.</summary>
internal enum SqlTokenKind
{
    /// <summary>A keyword or an unquoted name.</summary>
    Word,

    /// <summary>A name in double quotes, <c>U&amp;"…"</c> included.</summary>
    QuotedName,

    /// <summary>A string of any form, dollar-quoted ones included.</summary>
    String,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A positional parameter, <c>$1</c>.</summary>
    Parameter,

    /// <summary>An operator; also <c>:</c>, <c>::</c> and <c>:=</c>.</summary>
    Operator,

    /// <summary>One of <c>( ) [ ] , ; .</c></summary>
    Punctuation,

    /// <summary>A backslash outside of any string: psql's own commands begin so.</summary>
    Backslash,

    /// <summary>What PostgreSQL's lexer would not take; the server says what is wrong with it.</summary>
    Unknown,
}
