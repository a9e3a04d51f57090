using System.Management.Automation;
using System.Security;

namespace Tenants;

/// <summary>
/// A login or a key that was just made, with what it proves itself by. Told once: keep it where secrets are kept. It stands here and
/// not beside the other outputs, which know nothing of PowerShell's credentials.
/// </summary>
public sealed class TenantLoginSecret
{
    internal TenantLoginSecret(string name, TenantLoginKind kind) => (Name, Kind) = (name, kind);

    /// <summary>The login's name.</summary>
    public string Name { get; }

    /// <summary>What it may be.</summary>
    public TenantLoginKind Kind { get; }

    /// <summary>Whose it is; null unless it is bound.</summary>
    public string? Tenant { get; internal init; }

    /// <summary>When it ends; null where it does not.</summary>
    public DateTime? ExpiresAt { get; internal init; }

    /// <summary>The login with its password; null where the password is as it was.</summary>
    public PSCredential? Credential { get; internal init; }

    /// <summary>The key of an app login; null for a bound one, which signs nothing.</summary>
    public SecureString? Key { get; internal init; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
