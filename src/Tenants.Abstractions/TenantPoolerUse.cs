namespace Tenants;

/// <summary>How this module works over a connection.</summary>
public enum TenantPoolerUse
{
    /// <summary>As straight to the server: with any login.</summary>
    AnyLogin,

    /// <summary>With an app login (<c>-AppCredential</c>), which cleans and sets what it needs in each transaction; what the admin does goes straight to the server.</summary>
    AppLogin,

    /// <summary>Not at all.</summary>
    None,
}
