using System.Management.Automation;
using System.Net;
using System.Security;

namespace Tenants.Hosting;

/// <summary>Secrets between PowerShell, which keeps them wrapped, and the engine, which needs them as text: the one place that unwraps them.</summary>
internal static class Secrets
{
    /// <summary>The text of a secret; null for none.</summary>
    public static string? Reveal(SecureString? secret) => secret is null ? null : new NetworkCredential("", secret).Password;

    /// <summary>The text of a credential's password; null for none.</summary>
    public static string? Reveal(PSCredential? credential) => Reveal(credential?.Password);

    /// <summary>Wraps a secret; null for none.</summary>
    public static SecureString? Wrap(string? secret)
    {
        if (secret is null)
        {
            return null;
        }

        var wrapped = new SecureString();
        foreach (var character in secret)
        {
            wrapped.AppendChar(character);
        }

        wrapped.MakeReadOnly();
        return wrapped;
    }

    /// <summary>Wraps a login with its password; null where there is no password to tell.</summary>
    public static PSCredential? Wrap(string userName, string? password) => Wrap(password) is { } secret ? new PSCredential(userName, secret) : null;
}
