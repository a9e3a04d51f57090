namespace Tenants.Engine.Declarations;

/// <summary>One entry of a declaration: a table without tenants that tenants' SQL may use.</summary>
/// <param name="Table">The name, as <c>-Table</c> takes it; wildcards are allowed.</param>
/// <param name="Line">Where it stands in the file, from 1.</param>
/// <param name="Writable">Tenants' SQL may write it too.</param>
public sealed record DeclaredSharedTable(string Table, int Line, bool Writable);
