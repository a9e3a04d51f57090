using Tenants.Engine.Sql;

namespace Tenants.Engine.Catalog;

/// <summary>A sequence that a column's default draws from.</summary>
/// <param name="Schema">Its schema.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsUsable">The session role may draw from it.</param>
/// <param name="IsUsedElsewhere">Another table on which the session role has rights draws from it too.</param>
internal sealed record TableSequence(string Schema, string Name, bool IsUsable, bool IsUsedElsewhere)
{
    /// <summary>The sequence as SQL names it.</summary>
    public string QuotedName => Quote.Identifier(Schema, Name);

    /// <summary>The sequence as people name it.</summary>
    public string DisplayName => TableName.Format(Schema, Name);
}
