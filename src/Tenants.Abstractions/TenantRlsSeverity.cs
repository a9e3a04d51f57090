namespace Tenants;

/// <summary>How much a difference matters; the greater, the worse, so that <c>-ge</c> compares them.</summary>
public enum TenantRlsSeverity
{
    /// <summary>Nothing is less tight by it; somebody may want to know or to declare it.</summary>
    Information,

    /// <summary>Tenants are kept apart, but something is slower, wider or less complete than was meant.</summary>
    Warning,

    /// <summary>Tenants are kept apart, but SQL fails, or does not show or write what it should.</summary>
    Error,

    /// <summary>Rows of one tenant can reach another, or be changed by it, or what keeps them apart is gone.</summary>
    Critical,
}
