namespace Tenants;

/// <summary>What came of one statement of a script that was tested.</summary>
public enum TenantScriptResult
{
    /// <summary>As the login it does what it does with all rows in sight.</summary>
    Same,

    /// <summary>As the login it does something else than with all rows in sight, and reports success.</summary>
    Different,

    /// <summary>It fails as the login. A script ends there.</summary>
    Failed,

    /// <summary>It cannot run in a transaction that is rolled back, and was left out.</summary>
    NotTested,

    /// <summary>It begins or ends a transaction, and was left out: the test is one transaction, never committed.</summary>
    LeftOut,

    /// <summary>An earlier statement fails, and the script ends there.</summary>
    NotReached,
}
