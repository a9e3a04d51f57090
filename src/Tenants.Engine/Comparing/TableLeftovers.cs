namespace Tenants.Engine.Comparing;

/// <summary>What unfinished work left on a table, its partitions and children.</summary>
/// <param name="Indexes">Invalid indexes that lead with the tenant column.</param>
/// <param name="Constraints">Constraints over the tenant column that were never checked against all rows.</param>
/// <param name="Triggers">Triggers that call a function of the module.</param>
internal sealed record TableLeftovers(
    IReadOnlyList<LeftoverIndex> Indexes, IReadOnlyList<LeftoverConstraint> Constraints, IReadOnlyList<LeftoverTrigger> Triggers)
{
    /// <summary>Nothing.</summary>
    public static readonly TableLeftovers None = new([], [], []);
}

/// <summary>An invalid index.</summary>
/// <param name="Table">The table's OID.</param>
/// <param name="Schema">Its schema.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsPartitioned">It is a partitioned table's.</param>
/// <param name="Definition">The statement that makes it.</param>
/// <param name="IsPlain">It is one that Enable-TenantRls makes, and makes anew: of the tenant column alone.</param>
internal sealed record LeftoverIndex(uint Table, string Schema, string Name, bool IsPartitioned, string Definition, bool IsPlain);

/// <summary>A constraint that is NOT VALID.</summary>
internal sealed record LeftoverConstraint(uint Table, string Name, string Definition);

/// <summary>A trigger of a rollout.</summary>
internal sealed record LeftoverTrigger(uint Table, string Name, bool IsDisabled, string Function);
