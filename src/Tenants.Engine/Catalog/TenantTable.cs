using Tenants.Engine.Sql;

namespace Tenants.Engine.Catalog;

/// <summary>A table that carries the policy which keeps tenants apart.</summary>
/// <param name="Oid">Its OID.</param>
/// <param name="Schema">Its schema.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Its <c>relkind</c>: <c>r</c> a table, <c>p</c> a partitioned one.</param>
/// <param name="Column">The tenant column, as the policy names it.</param>
/// <param name="ColumnNumber">The tenant column's number (<c>attnum</c>).</param>
/// <param name="ColumnType">The tenant column's type, as PostgreSQL writes it.</param>
/// <param name="IsEnabled">Row security is on.</param>
/// <param name="IsForced">Row security binds the table's owner too.</param>
/// <param name="IsChild">It is a partition or a child of another tenant table: its rows are that one's rows too.</param>
internal sealed record TenantTable(
    uint Oid,
    string Schema,
    string Name,
    char Kind,
    string Column,
    short ColumnNumber,
    string ColumnType,
    bool IsEnabled,
    bool IsForced,
    bool IsChild)
{
    /// <summary>The table as SQL names it.</summary>
    public string QuotedName => Quote.Identifier(Schema, Name);

    /// <summary>The tenant column as SQL names it.</summary>
    public string QuotedColumn => Quote.Identifier(Column);

    /// <summary>The table as people name it.</summary>
    public string DisplayName => $"{Schema}.{Name}";
}
