using Tenants.Engine.Isolation.Logins;

namespace Tenants.Hosting;

/// <summary>What the engine tells of a new login, as a cmdlet writes it.</summary>
internal static class LoginSecrets
{
    /// <summary>The same with its secrets wrapped.</summary>
    public static TenantLoginSecret ToOutput(this LoginSecret secret) => new(secret.Name, secret.Kind)
    {
        Tenant = secret.Tenant,
        ExpiresAt = secret.ExpiresAt,
        Credential = Secrets.Wrap(secret.Name, secret.Password),
        Key = Secrets.Wrap(secret.Key),
    };
}
