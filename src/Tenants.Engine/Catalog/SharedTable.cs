namespace Tenants.Engine.Catalog;

/// <summary>A table without tenants that tenants' SQL may read.</summary>
/// <param name="Oid">Its OID.</param>
/// <param name="Schema">Its schema.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsWritable">Tenants' SQL may write it too.</param>
internal sealed record SharedTable(uint Oid, string Schema, string Name, bool IsWritable);
