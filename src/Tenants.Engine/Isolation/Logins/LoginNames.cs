namespace Tenants.Engine.Isolation.Logins;

/// <summary>What the names of the module's own logins begin with.</summary>
internal static class LoginNames
{
    /// <summary>What comes before the database's name and a random part.</summary>
    public static string Prefix(TenantLoginKind kind) => $"tenants_{kind.ToString().ToLowerInvariant()}_";
}
