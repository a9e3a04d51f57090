namespace Tenants.Engine.Catalog;

/// <summary>The tenant column of a table.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Ident">Its name as PostgreSQL writes it in an expression: quoted where that is needed.</param>
/// <param name="Type">Its type, as PostgreSQL writes it.</param>
/// <param name="BaseType">The type under its domains, without a length: <c>text</c>, <c>character varying</c>, <c>integer</c>.</param>
/// <param name="IsDomain">It is of a domain.</param>
/// <param name="IsDeterministic">Its collation takes no two different texts for one.</param>
/// <param name="IsNotNull">It is NOT NULL.</param>
/// <param name="IsGenerated">The server computes it: generated, or an identity.</param>
/// <param name="Default">Its default, as PostgreSQL writes it.</param>
internal sealed record TenantColumn(
    string Name,
    string Ident,
    string Type,
    string BaseType,
    bool IsDomain,
    bool IsDeterministic,
    bool IsNotNull,
    bool IsGenerated,
    string? Default)
{
    /// <summary>It holds identifiers as text, whatever type they have in the database.</summary>
    public bool IsText => BaseType is "text" or "character varying";
}
