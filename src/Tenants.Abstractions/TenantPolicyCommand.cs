namespace Tenants;

/// <summary>The statements that a policy holds for.</summary>
public enum TenantPolicyCommand
{
    /// <summary>All of them.</summary>
    All,

    /// <summary>SELECT.</summary>
    Select,

    /// <summary>INSERT.</summary>
    Insert,

    /// <summary>UPDATE.</summary>
    Update,

    /// <summary>DELETE.</summary>
    Delete,
}
