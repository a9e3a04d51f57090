namespace Tenants.Engine.Declarations;

/// <summary>A declared table that is not there.</summary>
/// <param name="Table">The name, as declared.</param>
/// <param name="Line">Where it stands in the file, from 1.</param>
/// <param name="IsShared">It is declared as a shared table.</param>
/// <param name="Error">The error that says so, with the line and near names.</param>
public sealed record MissingTable(string Table, int Line, bool IsShared, TenantException Error);
