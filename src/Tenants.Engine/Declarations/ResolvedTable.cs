using Tenants.Engine.Catalog;
using Tenants.Engine.Plans;

namespace Tenants.Engine.Declarations;

/// <summary>A tenant table as it was found.</summary>
/// <param name="Table">The table.</param>
/// <param name="Declared">The entry that means it; its type is written as PostgreSQL writes it.</param>
/// <param name="Source">The file, for messages.</param>
public sealed record ResolvedTable(TableInfo Table, DeclaredTable Declared, string Source)
{
    /// <summary>The type under the declared one where that is a domain; else null.</summary>
    public string? BaseType { get; init; }

    /// <summary>What is asked of it.</summary>
    public EnableRequest Request => new(Declared.Column, Declared.DefaultTenant) 
    {
        Type = Declared.Type,
        BaseType = BaseType,
        Rights = Declared.Rights,
        Backfill = Declared.Backfill,
    };
}
