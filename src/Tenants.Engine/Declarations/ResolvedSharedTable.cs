using Tenants.Engine.Catalog;

namespace Tenants.Engine.Declarations;

/// <summary>A shared table as it was found.</summary>
/// <param name="Table">The table or view.</param>
/// <param name="Declared">The entry that means it.</param>
/// <param name="Source">The file, for messages.</param>
public sealed record ResolvedSharedTable(TableInfo Table, DeclaredSharedTable Declared, string Source);
