namespace Tenants;

/// <summary>The type of tenant identifiers; one for each database, fixed when it is initialised.</summary>
public enum TenantIdType
{
    /// <summary>Text of 1 to 255 characters, compared to the letter.</summary>
    Text,

    /// <summary>A 32-bit integer.</summary>
    Integer,

    /// <summary>A 64-bit integer.</summary>
    Bigint,

    /// <summary>A UUID.</summary>
    Uuid,
}
