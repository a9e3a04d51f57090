namespace Tenants;

/// <summary>In what form <c>Invoke-TenantQuery</c> writes its rows.</summary>
public enum TenantQueryOutput
{
    /// <summary>An object for each row, with a property for each column.</summary>
    Object,

    /// <summary>A System.Data.DataTable with all rows.</summary>
    DataTable,

    /// <summary>The first column of the first row.</summary>
    Scalar,

    /// <summary>How many rows were returned, or changed by statements that return none.</summary>
    Count,
}
