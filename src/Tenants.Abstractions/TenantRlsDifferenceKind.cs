namespace Tenants;

/// <summary>What differs between a table and what it ought to be.</summary>
public enum TenantRlsDifferenceKind
{
    /// <summary>The table has no tenant column.</summary>
    ColumnMissing,

    /// <summary>The tenant column has another type than was declared.</summary>
    ColumnType,

    /// <summary>The tenant column's default is not the session's tenant.</summary>
    DefaultChanged,

    /// <summary>Rows have no tenant.</summary>
    RowsWithoutTenant,

    /// <summary>The tenant column may be empty.</summary>
    NotNullMissing,

    /// <summary>No index leads with the tenant column.</summary>
    IndexMissing,

    /// <summary>An index was left invalid by a build that was cut off.</summary>
    IndexInvalid,

    /// <summary>Tenants' SQL lacks a right that it needs.</summary>
    RightMissing,

    /// <summary>Somebody has a right that nobody declared.</summary>
    RightSurplus,

    /// <summary>The table's owner would not see its rows.</summary>
    OwnerBlind,

    /// <summary>A policy is missing.</summary>
    PolicyMissing,

    /// <summary>A policy says something else.</summary>
    PolicyChanged,

    /// <summary>A policy stands that nobody declared.</summary>
    PolicySurplus,

    /// <summary>Row security is off.</summary>
    RowSecurityOff,

    /// <summary>Row security does not bind the table's owner.</summary>
    ForceOff,

    /// <summary>A tenant that rows are to belong to is not registered.</summary>
    TenantMissing,

    /// <summary>The table keeps no tenants apart, and is neither shared nor declared.</summary>
    TableWithoutTenancy,

    /// <summary>A declared table is not there.</summary>
    TableMissing,

    /// <summary>A table is shared in another way than was declared, or not at all.</summary>
    SharingChanged,

    /// <summary>The database itself is not ready, or carries an older stamp.</summary>
    DatabaseNotReady,

    /// <summary>A constraint over the tenant column was never checked against the rows that were there before it (NOT VALID).</summary>
    ConstraintNotValid,

    /// <summary>An online rollout left its trigger behind: it was not finished.</summary>
    RolloutUnfinished,

    /// <summary>A table keeps tenants apart that is not declared.</summary>
    TableNotDeclared,

    /// <summary>A role that the database's stamp names is gone.</summary>
    RoleMissing,

    /// <summary>A role of the module can do what it must not: log in, pass row security, act for another role.</summary>
    RoleChanged,

    /// <summary>A function of the module says something else than what the module makes, is gone, or is none of its.</summary>
    FunctionChanged,
}
