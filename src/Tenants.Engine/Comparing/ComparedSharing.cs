using Tenants.Engine.Catalog;
using Tenants.Engine.Declarations;

namespace Tenants.Engine.Comparing;

/// <summary>A table that is shared, or declared to be.</summary>
/// <param name="Oid">The table.</param>
/// <param name="Writable">Whether tenants' SQL may write it; null where it ought not to be shared.</param>
/// <param name="IsDeclared">A declaration says so; else it is what the registry says.</param>
internal sealed record ComparedSharing(uint Oid, bool? Writable, bool IsDeclared)
{
    /// <summary>All of them: what the registry says, unless there is a declaration.</summary>
    public static IReadOnlyList<ComparedSharing> Read(IReadOnlyList<SharedTable> registered, ResolvedDeclaration? declared)
    {
        if (declared is null)
        {
            return [.. registered.Select(r => new ComparedSharing(r.Oid, r.IsWritable, false))];
        }

        var oids = declared.SharedTables.Select(s => s.Table.Oid).ToHashSet();
        return
        [
            .. declared.SharedTables.Select(s => new ComparedSharing(s.Table.Oid, s.Declared.Writable, true)),
            .. registered.Where(r => !oids.Contains(r.Oid)).Select(r => new ComparedSharing(r.Oid, null, true)),
        ];
    }
}
