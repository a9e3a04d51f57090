namespace Tenants.Engine.Catalog;

/// <summary>stand-in</summary>
public sealed record TableInfo(uint Oid, string Schema, string Name);
