namespace Tenants.Engine.Queries.Values;

/// <summary>
/// How texts are declared to the server. A text without a type lets the server take it for the uuid, date or json that stands
/// there, as it does with a literal; some functions want a type. Which of them a statement needs shows when it is parsed.
/// </summary>
[Flags]
internal enum ParameterTyping
{
    /// <summary>Single texts untyped, arrays of texts as <c>text[]</c>: right nearly always.</summary>
    Natural = 0,

    /// <summary>Single texts and NULLs are declared as <c>text</c>: <c>concat(@a)</c>, <c>jsonb_build_object('a', @a)</c>.</summary>
    TypedTexts = 1,

    /// <summary>Arrays of texts are left untyped: <c>some_uuid = any(@ids)</c>. Empty arrays of no type are declared as <c>text[]</c>.</summary>
    UntypedArrays = 2,
}
