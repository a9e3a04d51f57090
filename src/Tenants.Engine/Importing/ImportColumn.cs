using Tenants.Engine.Sql;

namespace Tenants.Engine.Importing;

/// <summary>A column of the table that is imported into.</summary>
/// <param name="Name">Its name.</param>
/// <param name="TypeOid">The type under its domains.</param>
/// <param name="TypeSchema">That type's schema.</param>
/// <param name="TypeName">That type's name as the catalog has it: no alias of SQL, no length.</param>
/// <param name="IsArray">It is an array.</param>
/// <param name="Delimiter">What parts the elements in the text of an array of that type (<c>typdelim</c>).</param>
/// <param name="Identity">Its <c>attidentity</c>: <c>a</c> GENERATED ALWAYS, <c>d</c> BY DEFAULT, else NUL.</param>
/// <param name="IsGenerated">The server computes it from other columns.</param>
internal sealed record ImportColumn(string Name, uint TypeOid, string TypeSchema, string TypeName, bool IsArray, char Delimiter, char Identity, bool IsGenerated)
{
    /// <summary>The column as SQL names it.</summary>
    public string QuotedName => Quote.Identifier(Name);

    /// <summary>Its type as SQL names it. Quoted, so that <c>bit</c> means any length and not one bit, and nothing is cut without an error.</summary>
    public string QuotedType => Quote.Identifier(TypeSchema, TypeName);

    /// <summary>It holds text of any kind, and an empty text is one.</summary>
    public bool IsText => TypeOid is 25 or 1043 or 1042 or 18 or 19;

    /// <summary>The bytes that fit, where the server cuts what is longer without a word: the types "char" and name (NAMEDATALEN). Null for all others.</summary>
    public int? MostBytes => TypeOid switch { 18 => 1, 19 => 63, _ => null };

    /// <summary>It is of the type json or jsonb.</summary>
    public bool IsJson => TypeOid is 114 or 3802;
}
