namespace Tenants.Engine.Catalog;

/// <summary>The names of the module's own policies, the same on every tenant table.</summary>
internal static class PolicyNames
{
    /// <summary>Shows each session its tenant's rows.</summary>
    public const string Isolation = "tenants_isolation";

    /// <summary>Shows an admin all rows.</summary>
    public const string Admin = "tenants_admin";

    /// <summary>Whether a policy is the module's own.</summary>
    public static bool IsOurs(string name) => name is Isolation or Admin;
}
