using Tenants.Engine.Sql;

namespace Tenants.Engine.Catalog;

/// <summary>A relation as it was found by name: a table, or what somebody took for one.</summary>
/// <param name="Oid">Its OID.</param>
/// <param name="Schema">Its schema.</param>
/// <param name="Name">Its name.</param>
public sealed record TableInfo(uint Oid, string Schema, string Name)
{
    /// <summary>Its <c>relkind</c>: <c>r</c> a table, <c>p</c> a partitioned one, <c>v</c> a view and so on.</summary>
    public char Kind { get; init; } = 'r';

    /// <summary>It is one session's.</summary>
    public bool IsTemporary { get; init; }

    /// <summary>An extension made it, and drops and dumps it.</summary>
    public bool IsExtensionMember { get; init; }

    /// <summary>It is a partition or a child of another table, whose rows are that one's rows too.</summary>
    public bool IsChild { get; init; }

    /// <summary>The table as people name it, and as <c>-Table</c> takes it.</summary>
    public string DisplayName => TableName.Format(Schema, Name);

    /// <summary>The table as SQL names it.</summary>
    internal string QuotedName => Quote.Identifier(Schema, Name);

    /// <summary>It belongs to the server itself.</summary>
    internal bool IsSystem => Schema is "pg_catalog" or "information_schema" or "pg_toast";
}
